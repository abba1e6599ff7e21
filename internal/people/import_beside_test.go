package people_test

import (
	"fmt"
	"strings"
	"testing"

	"unoxuno/internal/people"
	"unoxuno/internal/storage/storagetest"
)

// What people correct while a file about them is imported stays, before and after the file's rows: of each field that she
// said herself her word, of the others the file's.
func TestAnImportOverwritesNoCorrectionMadeMeanwhile(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		for round := range storagetest.Size(3, 20) {
			var known, file strings.Builder
			known.WriteString("email;given_name\n")
			file.WriteString("email;place;wants\n")
			const many = 150
			for n := range many {
				fmt.Fprintf(&known, "c%dx%d@example.org;Carla\n", round, n)
				fmt.Fprintf(&file, "c%dx%d@example.org;centro-storico;teatro\n", round, n)
			}
			town.load(t, known.String(), options())
			persons := make([]people.Person, many)
			for n := range persons {
				persons[n] = town.holder(t, fmt.Sprintf("c%dx%d@example.org", round, n))
			}
			steps := []func() error{func() error {
				_, err := town.Import(t.Context(), strings.NewReader(file.String()), options())
				return err
			}}
			for hand := range 4 { // four desks, each with its share
				steps = append(steps, func() error {
					for n := hand; n < many; n += 4 {
						if err := town.Update(t.Context(), persons[n].ID, people.Details{Given: "Clara", Place: "fuori-comune"}); err != nil {
							return err
						}
					}
					return nil
				})
			}
			for _, err := range storagetest.Together(t, steps...) {
				if err != nil {
					t.Fatal(err)
				}
			}
			for n := range persons {
				is := must[people.Person](t)(town.Get(t.Context(), persons[n].ID))
				if is.Given != "Clara" || is.Place != "fuori-comune" {
					t.Fatalf("she said Clara, fuori-comune; after the import she is %s, %s", is.Given, is.Place)
				}
			}
		}
	})
}
