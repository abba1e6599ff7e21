package newsletters_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"unoxuno/internal/people"
)

// asking returns a file in which Ada asks for newsletters.
func asking(list string) *strings.Reader {
	return strings.NewReader("email,given_name,newsletters,consent_date,consent_source\nada@mail.example,Ada," + list + ",2024-01-01,modulo\n")
}

func TestImportBeginsWhatDoesNotStand(t *testing.T) {
	inTown(t, func(w *world) {
		for _, step := range []struct {
			list             string
			created, updated int64
			want             []string
		}{
			{"teatro|concerti|teatro", 1, 0, []string{"concerti", "teatro"}},
			{"teatro", 0, 0, []string{"concerti", "teatro"}},
			{"teatro|salute", 0, 1, []string{"concerti", "salute", "teatro"}},
		} {
			r, err := w.people.Import(w.ctx, asking(step.list), people.ImportOptions{})
			w.must(err)
			ada, _, err := w.people.ByAddress(w.ctx, people.Email, "ada@mail.example")
			w.must(err)
			got, err := w.Of(w.ctx, w.db, ada)
			w.must(err)
			if r.Created != step.created || r.Updated != step.updated || !slices.Equal(got, step.want) {
				w.Errorf("%s: %+v, subscribed to %v; want %+v", step.list, r, got, step)
			}
		}
	})
}

// No foreign key ensures this: a person who is being subscribed is held until the import's transaction ends, or was
// erased before.
func TestNobodyErasedIsSubscribedByAnImport(t *testing.T) {
	inTown(t, func(w *world) {
		for range 8 {
			_, err := w.people.Import(w.ctx, asking("teatro"), people.ImportOptions{})
			w.must(err)
			ada, _, err := w.people.ByAddress(w.ctx, people.Email, "ada@mail.example")
			w.must(err)
			var group sync.WaitGroup
			group.Go(func() {
				if err := w.people.Erase(w.ctx, ada); err != nil {
					w.Errorf("erase: %v", err)
				}
			})
			group.Go(func() {
				if _, err := w.people.Import(w.ctx, asking("concerti"), people.ImportOptions{}); err != nil {
					w.Errorf("import: %v", err)
				}
			})
			group.Wait()
			var orphans int
			w.must(w.db.QueryRowContext(w.ctx, "SELECT count(*) FROM newsletters_subscription s WHERE NOT EXISTS"+
				" (SELECT 1 FROM people_profile p WHERE p.person_id = s.person_id)").Scan(&orphans))
			if orphans > 0 {
				w.Fatalf("%d subscriptions of nobody", orphans)
			}
		}
	})
}
