package newsletters_test

import (
	"reflect"
	"testing"
	"time"

	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
	"unoxuno/internal/taxonomy"
)

// TestTakingBackRestoresExactlyWhatWasThere: a weekly subscription comes back weekly and with its first day, what came
// by profile comes by profile again, and what she had left before stays ended.
func TestTakingBackRestoresExactlyWhatWasThere(t *testing.T) {
	inTown(t, func(w *world) {
		var d newsletters.Declaration
		for slug, topic := range map[string]string{"uno": "teatro", "due": "sport", "tre": "sport"} {
			d.Newsletters = append(d.Newsletters, newsletters.DeclaredNewsletter{
				Slug: slug, Newsroom: "ufficio-cultura", Name: taxonomy.Name{IT: slug}, Topics: []string{topic},
			})
		}
		w.declare(d)
		id := w.citizen(people.Details{Given: "Eva", Wants: []string{"sport"}}, true, "uno")
		w.must(w.ChooseRhythm(w.ctx, id, newsletters.Choice{
			Paces: map[string]newsletters.Pace{"uno": newsletters.Weekly}, Profile: newsletters.Daily,
		}))
		w.must(w.Unsubscribe(w.ctx, newsletters.Leaving{Person: id, Newsletter: "tre", How: "page"}))
		w.clock.Advance(48 * time.Hour)
		before, err := w.Receives(w.ctx, id)
		w.must(err)
		if len(before) != 2 || !before[0].Subscribed && !before[1].Subscribed {
			t.Fatalf("she gets %+v: want one by subscription and one by profile", before)
		}

		takeBack := func(left newsletters.Left) {
			t.Helper()
			if now, err := w.Receives(w.ctx, id); err != nil || len(now) != 0 {
				t.Fatalf("having left, she gets %+v (%v)", now, err)
			}
			w.clock.Advance(time.Minute)
			w.must(w.TakeBack(w.ctx, id, left))
			w.must(w.TakeBack(w.ctx, id, left)) // pressed twice
			if after, err := w.Receives(w.ctx, id); err != nil || !reflect.DeepEqual(after, before) {
				t.Errorf("taken back, she gets\n%+v (%v)\nand before\n%+v", after, err, before)
			}
		}
		left, err := w.Leave(w.ctx, []newsletters.Leaving{
			{Person: id, Newsletter: "uno", How: "page"}, {Person: id, Newsletter: "due", How: "page"},
		})
		w.must(err)
		takeBack(left)
		left, err = w.UnsubscribeAll(w.ctx, id, "page")
		w.must(err)
		takeBack(left)
	})
}
