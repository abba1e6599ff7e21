package demo

import (
	"slices"
	"testing"
	"time"
)

func TestThemesNameNewslettersThatExist(t *testing.T) {
	town, err := parseTown()
	if err != nil {
		t.Fatal(err)
	}
	themes, err := parseThemes()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, theme := range themes {
		for _, slug := range theme.newsletters {
			if !slices.ContainsFunc(town.Newsletters, func(n newsletter) bool { return n.Slug == slug }) || seen[slug] {
				t.Errorf("%q is no newsletter, or draws from two themes", slug)
			}
			seen[slug] = true
		}
		for _, p := range theme.pieces {
			if p.only != "" && !slices.Contains(theme.newsletters, p.only) {
				t.Errorf("%q is reserved for %q, which does not draw from its theme", p.title, p.only)
			}
		}
	}
}

func TestCalendarWritesItalianDates(t *testing.T) {
	friday := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		`{{il "lunedì" 1}}`:                 "lunedì 23 novembre",
		`{{il "domenica" 1}}`:               "domenica 29 novembre", // after that Monday, not the day after tomorrow
		`{{data "martedì" 2 "20:30"}}`:      "2026-12-01 20:30",
		`{{maiuscolo (il "martedì" 2)}}`:    "Martedì 1º dicembre",
		`{{fra 18}} {{fra 19}} {{al 21}}`:   "l’8 dicembre il 9 dicembre all’11 dicembre",
		"[Orari](/orari)\nlink: /orari/bus": "[Orari](https://www.borgopanaro.example/orari)\nlink: https://www.borgopanaro.example/orari/bus",
	} {
		if got, err := render(text, friday); err != nil || got != want {
			t.Errorf("%s reads %q, want %q; %v", text, got, want, err)
		}
	}
	for _, text := range []string{`{{il "luned" 1}}`, `{{ieri}}`, `{{`} {
		if got, err := render(text, friday); err == nil {
			t.Errorf("%s reads %q, want an error", text, got)
		}
	}
}
