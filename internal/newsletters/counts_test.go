package newsletters_test

import (
	"fmt"
	"maps"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"unoxuno/internal/disclosure"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
)

// checkCounts fails unless the counts of subscribers, and the sums of their keys, match the tables.
func (w *world) checkCounts(when string) {
	w.Helper()
	shown, err := w.CountedSubscribers(w.ctx)
	w.must(err)
	want := map[string]disclosure.Cell{}
	rows, err := w.db.QueryContext(w.ctx, `SELECT s.newsletter, p.cell_key FROM people_person p JOIN (
		SELECT DISTINCT newsletter, person_id FROM newsletters_subscription WHERE ended_at = 0) s ON s.person_id = p.id`)
	w.must(err)
	for rows.Next() {
		var slug string
		var key int64
		w.must(rows.Scan(&slug, &key))
		want[slug] = disclosure.Cell{N: want[slug].N + 1, Keys: want[slug].Keys + uint64(key)}
	}
	w.must(rows.Err())
	maps.DeleteFunc(shown, func(_ string, c disclosure.Cell) bool { return c == disclosure.Cell{} })
	if !maps.Equal(shown, want) {
		w.Fatalf("%s: shown %v, want %v", when, numbers(shown), numbers(want))
	}
}

func numbers(cells map[string]disclosure.Cell) string {
	text := ""
	for slug, c := range cells {
		text += fmt.Sprint(slug, " ", c.N, " (", c.Keys, ") ")
	}
	return text
}

// TestKeptCountsAreThoseOfTheTables: whoever subscribes, leaves or is erased, before or after a refresh, the shown
// counts match the tables.
func TestKeptCountsAreThoseOfTheTables(t *testing.T) {
	storagetest.Few(t, 10)
	inTown(t, func(w *world) {
		slugs := []string{"teatro", "salute", "famiglie"}
		var all []int64
		came := 0
		rapid.Check(t, func(rt *rapid.T) {
			for range rapid.IntRange(1, 8).Draw(rt, "steps") {
				switch deed := rapid.SampledFrom(deeds()).Draw(rt, "deed"); deed {
				case "come":
					came++
					all = append(all, w.citizen(people.Details{Given: fmt.Sprint("p", came)}, false, rapid.SampledFrom(slugs).Draw(rt, "to")))
				case "refresh":
					w.must(w.RefreshCounts(w.ctx))
				case "move": // to another server, whose feed may lack some changes
					w.execute("UPDATE newsletters_count_place SET database = 1")
					w.execute("UPDATE newsletters_count SET people = people + 1")
				case "days pass":
					w.daysPass()
				default:
					if len(all) == 0 {
						continue
					}
					at := rapid.IntRange(0, len(all)-1).Draw(rt, "who")
					switch slug := rapid.SampledFrom(slugs).Draw(rt, "which"); deed {
					case "leave":
						w.must(w.Unsubscribe(w.ctx, newsletters.Leaving{Person: all[at], Newsletter: slug, How: "own-page"}))
					case "return":
						w.must(w.SubscribePerson(w.ctx, all[at], slug, "desk"))
					case "erase":
						w.must(w.people.Erase(w.ctx, all[at]))
						all = append(all[:at], all[at+1:]...)
					}
				}
				w.checkCounts("after a step")
			}
		})
	})
}

// daysPass makes the feed of changes days old and sweeps it.
func (w *world) daysPass() {
	w.Helper()
	w.execute("UPDATE people_change SET noted_at = 1")
	_, err := w.people.Sweep(w.ctx)
	w.must(err)
}

// TestCountsMissNothingWhileNobodyRefreshesThem: the feed of changes is swept days after the last refresh. It keeps
// exactly what the counts have not read.
func TestCountsMissNothingWhileNobodyRefreshesThem(t *testing.T) {
	inTown(t, func(w *world) {
		var all []int64
		for n := range 5 {
			all = append(all, w.citizen(people.Details{Given: fmt.Sprint("p", n)}, false, "teatro"))
		}
		w.must(w.RefreshCounts(w.ctx))
		w.daysPass()
		var before, after int
		w.must(w.db.QueryRowContext(w.ctx, "SELECT count(*) FROM people_change").Scan(&before))
		// On PostgreSQL other transactions on the server hold the place back.
		if before > 1 && w.db.Engine() == storage.SQLite {
			w.Errorf("the feed keeps %d rows that were read", before)
		}
		for _, person := range all[:3] {
			w.must(w.Unsubscribe(w.ctx, newsletters.Leaving{Person: person, Newsletter: "teatro", How: "own-page"}))
		}
		w.daysPass()
		w.checkCounts("swept")
		w.must(w.RefreshCounts(w.ctx))
		w.daysPass()
		w.must(w.db.QueryRowContext(w.ctx, "SELECT count(*) FROM people_change").Scan(&after))
		if after > 1 && w.db.Engine() == storage.SQLite {
			w.Errorf("the feed keeps %d rows that were read", after)
		}
		w.checkCounts("refreshed")
	})
}

func deeds() []string {
	return []string{"come", "come", "refresh", "refresh", "leave", "leave", "return", "erase", "days pass", "move"}
}

// TestCountsAreRefreshedWhilePeopleComeAndLeave: two nodes refresh the counts while people subscribe, unsubscribe,
// register and are erased.
func TestCountsAreRefreshedWhilePeopleComeAndLeave(t *testing.T) {
	inTown(t, func(w *world) {
		var all []int64
		for n := range 12 {
			all = append(all, w.citizen(people.Details{Given: fmt.Sprint("p", n)}, false, "teatro"))
		}
		var moving, refreshing sync.WaitGroup
		done := make(chan struct{})
		for n := range 3 {
			moving.Go(func() {
				for _, person := range all[n*3 : n*3+3] {
					for range 2 {
						w.must(w.Unsubscribe(w.ctx, newsletters.Leaving{Person: person, Newsletter: "teatro", How: "own-page"}))
						w.must(w.SubscribePerson(w.ctx, person, "salute", "desk"))
					}
				}
			})
		}
		moving.Go(func() {
			for n, person := range all[9:] {
				w.must(w.people.Erase(w.ctx, person))
				w.citizen(people.Details{Given: fmt.Sprint("new", n)}, false, "famiglie")
			}
		})
		for range 2 {
			refreshing.Go(func() {
				for {
					w.must(w.RefreshCounts(w.ctx))
					select {
					case <-done:
						return
					default:
					}
				}
			})
		}
		moving.Wait()
		close(done)
		refreshing.Wait()
		w.checkCounts("in the end")
		w.must(w.RefreshCounts(w.ctx))
		var left int
		w.must(w.db.QueryRowContext(w.ctx, "SELECT count(*) FROM newsletters_count_range WHERE NOT counted").Scan(&left))
		if left > 0 {
			w.Errorf("%d ranges are not counted", left)
		}
		w.checkCounts("refreshed")
	})
}
