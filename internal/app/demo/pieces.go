package demo

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"text/template"
	"time"
)

// pieces/*.md hold what past issues are made of, a file for each theme. Its first line names the newsletters that draw
// from it. Each piece begins with "# Title"; "@newsletter" after the title reserves it for that one. Addresses that
// begin with / are completed with the town's site; dates are written by the functions of calendar.
//
//go:embed pieces/*.md
var piecesFiles embed.FS

//go:embed draft.md
var draftText string

// site is where the links of the issues lead: a domain reserved for examples.
const site = "https://www.borgopanaro.example"

// theme is a file of pieces.
type theme struct {
	newsletters []string
	pieces      []piece
}

// piece is a short text on one subject.
type piece struct {
	title string
	only  string // the newsletter it is reserved for, or ""
	body  string // Markdown, as a template
}

// parseThemes reads all themes, in the order of their files' names.
func parseThemes() ([]theme, error) {
	files, err := fs.Glob(piecesFiles, "pieces/*.md")
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	var themes []theme
	for _, file := range files {
		text, err := piecesFiles.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("demo: %w", err)
		}
		themes = append(themes, parseTheme(string(text)))
	}
	return themes, nil
}

func parseTheme(text string) theme {
	parts := strings.Split(text, "\n# ")
	t := theme{newsletters: strings.Fields(parts[0])}
	for _, part := range parts[1:] {
		title, body, _ := strings.Cut(part, "\n")
		title, only, _ := strings.Cut(title, " @")
		t.pieces = append(t.pieces, piece{title: title, only: only, body: strings.TrimSpace(body)})
	}
	return t
}

// of splits the theme's pieces between those that fit the newsletter, its own before those of all, and the others.
func (t theme) of(newsletter string) (fit, others []piece) {
	var common []piece
	for _, p := range t.pieces {
		switch p.only {
		case newsletter:
			fit = append(fit, p)
		case "":
			common = append(common, p)
		default:
			others = append(others, p)
		}
	}
	return append(fit, common...), others
}

// render writes a piece's body as it reads on the day it is sent.
func render(body string, sent time.Time) (string, error) {
	tmpl, err := template.New("piece").Option("missingkey=error").Funcs(calendar(sent)).Parse(body)
	if err != nil {
		return "", fmt.Errorf("demo: piece: %w", err)
	}
	var out bytes.Buffer
	if err := tmpl.Execute(&out, nil); err != nil {
		return "", fmt.Errorf("demo: piece: %w", err)
	}
	return strings.NewReplacer("](/", "]("+site+"/", "\nlink: /", "\nlink: "+site+"/").Replace(out.String()), nil
}

// calendar is the functions that write dates after the day an issue is sent:
//
//	il "sabato" 1            sabato 14 marzo: Saturday of next week; weeks begin on Monday
//	data "sabato" 2 "21:00"  2026-03-21 21:00: Saturday of the week after that one, for an event
//	fra 20, al 20            il 3 aprile, al 3 aprile: twenty days later
//	maiuscolo (il …)         Sabato 14 marzo, to begin a sentence
func calendar(sent time.Time) template.FuncMap {
	weekday := func(name string, week int) (time.Time, error) {
		i := slices.Index(weekdays(), name)
		if i < 0 {
			return time.Time{}, fmt.Errorf("%q is no day of the week", name)
		}
		sinceMonday := (int(sent.Weekday()) + 6) % 7
		return sent.AddDate(0, 0, 7*week-sinceMonday+i), nil
	}
	return template.FuncMap{
		"il": func(name string, week int) (string, error) {
			day, err := weekday(name, week)
			return name + " " + dayAndMonth(day), err
		},
		"data": func(name string, week int, hour string) (string, error) {
			day, err := weekday(name, week)
			return day.Format(time.DateOnly) + " " + hour, err
		},
		"fra": func(days int) string { return withArticle(sent.AddDate(0, 0, days), "il ", "l’") },
		"al":  func(days int) string { return withArticle(sent.AddDate(0, 0, days), "al ", "all’") },
		"maiuscolo": func(s string) string {
			return strings.ToUpper(s[:1]) + s[1:]
		},
	}
}

func weekdays() []string {
	return []string{"lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica"}
}

func dayAndMonth(t time.Time) string {
	months := []string{
		"gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre", "novembre",
		"dicembre",
	}
	day := fmt.Sprint(t.Day())
	if t.Day() == 1 {
		day = "1º"
	}
	return day + " " + months[t.Month()-1]
}

// withArticle puts the article before a date; it is elided before eight and eleven (l’otto, l’undici).
func withArticle(t time.Time, plain, elided string) string {
	if t.Day() == 8 || t.Day() == 11 {
		return elided + dayAndMonth(t)
	}
	return plain + dayAndMonth(t)
}
