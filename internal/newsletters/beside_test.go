package newsletters_test

import (
	"fmt"
	"slices"
	"testing"

	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
	"unoxuno/internal/storage/storagetest"
)

// If a person leaves or pauses while another request of hers chooses a pace, she has left or paused, whichever comes
// first.
func TestLeavingAndPausingStandBesideAChoiceOfPace(t *testing.T) {
	inTown(t, func(w *world) {
		daily := newsletters.Choice{Paces: map[string]newsletters.Pace{"teatro": newsletters.Daily}, Profile: newsletters.Daily}
		for n := range 20 {
			leaver := w.citizen(people.Details{Given: fmt.Sprintf("leaver%d", n)}, false, "teatro")
			pauser := w.citizen(people.Details{Given: fmt.Sprintf("pauser%d", n)}, false, "teatro")
			for _, err := range storagetest.Together(w.T,
				func() error {
					return w.Unsubscribe(w.ctx, newsletters.Leaving{Person: leaver, Newsletter: "teatro", How: "page"})
				},
				func() error { return w.ChooseRhythm(w.ctx, leaver, daily) },
				func() error { return w.Pause(w.ctx, pauser, "2025-06-01") },
				func() error { return w.ChooseRhythm(w.ctx, pauser, daily) },
			) {
				w.must(err)
			}
			if subscribed, err := w.Of(w.ctx, w.db, leaver); err != nil || len(subscribed) > 0 {
				t.Errorf("after leaving she is subscribed to %v (%v)", subscribed, err)
			}
			if rhythm, err := w.Rhythm(w.ctx, pauser); err != nil || rhythm.Paused.IsZero() || rhythm.Profile != newsletters.Daily {
				t.Errorf("after pausing and choosing she has %+v (%v)", rhythm, err)
			}
		}
	})
}

// Whoever leaves what reached her by profile stays out, whatever older file says that she asked for it: one that comes
// before, at the same moment, or after.
func TestAnOlderFileBringsNobodyBack(t *testing.T) {
	inTown(t, func(w *world) {
		for n := range storagetest.Size(4, 40) {
			c := newCitizen(w, nil, fmt.Sprintf("older%dx", n))
			for _, err := range storagetest.Together(w.T,
				func() error { return c.leave("famiglie") },
				func() error { return c.bring("newsletter", "famiglie") },
			) {
				w.must(err)
			}
			w.must(c.bring("newsletter", "famiglie"))
			subscribed, err := w.Of(w.ctx, w.db, c.id)
			w.must(err)
			if slices.Contains(subscribed, "famiglie") {
				t.Errorf("who left is subscribed again by a file of 2020: %v", subscribed)
			}
		}
	})
}
