package rig

import (
	"bufio"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"

	"unoxuno/internal/app/demo"
)

// Issue is the issue that is sent, as `issue stats` names it.
const Issue = "tutti/misura"

// Inputs are the files that a house is filled from.
type Inputs struct {
	Town, People, Issue string
	Many                int // people
}

// letter is an issue that makes mails of about 6 kB as they go over the wire, head and both readings included:
// TestLettersAreOfSixKilobytes weighs them.
const letter = `---
newsletter: tutti
slug: misura
title: Una lettera a tutti
language: it
---
## Che cosa cambia da lunedì

%s

[Leggi tutto](https://www.borgopanaro.example/lunedi){.button}
`

// newsletter is the one that everybody is subscribed to.
const newsletter = "  - {slug: tutti, newsroom: urp, name: Per tutti, description: Per tutti, topics: [anagrafe], period: occasional}\n"

// InputsFor are the files for a town of that many people, written when they are asked for first.
func (r *Rig) InputsFor(many int) (Inputs, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if in, ok := r.inputs[many]; ok {
		return in, nil
	}
	in := Inputs{
		Town: filepath.Join(r.Folder, "town.yaml"), Issue: filepath.Join(r.Folder, "issue.md"),
		People: filepath.Join(r.Folder, fmt.Sprintf("people-%d.csv", many)), Many: many,
	}
	text := fmt.Sprintf(letter, strings.Repeat("Da lunedì il servizio cambia orario: gli sportelli aprono prima e chiudono dopo. ", letterLines))
	err := errors.Join(
		os.WriteFile(in.Town, append(demo.Town(), newsletter...), 0o600),
		os.WriteFile(in.Issue, []byte(text), 0o600),
		writePeople(in.People, many),
	)
	if err != nil {
		return in, fmt.Errorf("inputs for %d people: %w", many, err)
	}
	r.inputs[many] = in
	return in, nil
}

// letterLines is how many sentences make mails of 6 kB.
const letterLines = 6

func writePeople(path string, many int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(f, 1<<20)
	return errors.Join(demo.WriteCSV(out, Everybody(many)), out.Flush(), f.Close())
}

// Everybody consented on one day, at the age of fourteen or above: younger people's consents are refused.
const (
	consented = "2025-03-01"
	youngest  = "2011-03-01"
)

// Everybody are the people of the town: those of the demonstration, with no column left empty, all subscribed to one
// newsletter beside their own, and to be reached by e-mail.
func Everybody(many int) iter.Seq[demo.Row] {
	return func(yield func(demo.Row) bool) {
		n := 0
		for row := range demo.People(demo.Seed, many, time.Now()) {
			n++
			row.Email = fmt.Sprintf("%s.%s.%d@posta.example", letters(row.GivenName), letters(row.FamilyName), n)
			row.Mobile = fmt.Sprintf("+39333%07d", n)
			row.Channel, row.ConsentDate, row.ConsentSource = "email", consented, "modulo allo sportello"
			row.Newsletters = append(row.Newsletters, "tutti")
			row.Consents = []string{"newsletter", "profile"}
			if len(row.BirthDate) < len(time.DateOnly) || row.BirthDate > youngest {
				row.BirthDate = fmt.Sprintf("%d-%02d-%02d", 1935+n%70, 1+n%12, 1+n%28)
			}
			if len(row.Who) == 0 {
				row.Who = []string{"genitore"}
			}
			if len(row.Wants) == 0 {
				row.Wants = []string{"teatro", "sport"}
			}
			if !yield(row) {
				return
			}
		}
	}
}

// letters are the plain letters of a name, for an address.
func letters(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(name))
}
