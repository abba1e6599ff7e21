package newsletters_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
	"unoxuno/internal/taxonomy"
)

// TestReachFromIndexIsWhomTheRuleSays: the index of people, the database and the rule agree on the reach of an issue,
// also after people left.
func TestReachFromIndexIsWhomTheRuleSays(t *testing.T) {
	inTown(t, func(w *world) {
		dice := rand.New(rand.NewPCG(3, 4))
		var d newsletters.Declaration
		var slugs []string
		for n := range 8 {
			sensitive := dice.IntN(4) == 0
			slugs = append(slugs, fmt.Sprint("n", n))
			d.Newsletters = append(d.Newsletters, newsletters.DeclaredNewsletter{
				Slug: slugs[n], Newsroom: "ufficio-cultura", Name: taxonomy.Name{IT: slugs[n]}, Sensitive: &sensitive,
				Topics: some(dice, []string{"teatro", "musica", "sport"}), For: some(dice, []string{"genitore", "giovane"}),
			})
		}
		w.declare(d)
		var all []modelled
		for n := range 40 {
			all = append(all, w.model(dice, n, slugs))
		}
		inDatabase := map[string]newsletters.Reach{}
		for _, slug := range slugs {
			inDatabase[slug] = w.younger(slug)
		}
		counted, err := w.Subscribers(w.ctx)
		w.must(err)
		w.keepIndex()
		fromIndex, err := w.Subscribers(w.ctx)
		w.must(err)
		for _, slug := range slugs {
			if fromIndex[slug] != counted[slug] {
				w.Errorf("%s has %d subscribers in the index, %d in the database", slug, fromIndex[slug], counted[slug])
			}
			if reach := w.younger(slug); reach != inDatabase[slug] {
				w.Errorf("%s: index %+v, database %+v", slug, reach, inDatabase[slug])
			}
		}
		w.clock.Advance(time.Hour) // those who withdrew their consent give it again
		for n := range all {
			w.change(&all[n], n, slugs)
			slug := slugs[n%2]
			if reach, want := w.younger(slug), w.byRule(all, slug); reach != want {
				w.Errorf("after change %d of %s: index %+v, rule %+v", n, slug, reach, want)
			}
		}
	})
}

// younger returns the reach of an issue to people who are not over 65.
func (w *world) younger(newsletter string) newsletters.Reach {
	w.Helper()
	reach, err := w.ReachOf(w.ctx, newsletters.Issue{Newsletter: newsletter}, `not ("over-65" in who)`)
	w.must(err)
	return reach
}

// byRule returns what younger must be, by the rule.
func (w *world) byRule(all []modelled, newsletter string) (reach newsletters.Reach) {
	w.Helper()
	n, err := w.Newsletter(w.ctx, newsletter)
	w.must(err)
	for _, m := range all {
		switch {
		case !m.mayGet(n) || slices.Contains(m.who, "over-65"):
		case m.newsletter && slices.Contains(m.subscribed, newsletter):
			reach.BySubscription++
		default:
			reach.ByProfile++
		}
	}
	reach.People = reach.BySubscription + reach.ByProfile
	reach.ByEmail = reach.People
	return reach
}

// change makes people change something about the first two newsletters.
func (w *world) change(m *modelled, n int, slugs []string) {
	w.Helper()
	switch n % 4 {
	case 0:
		w.must(w.Unsubscribe(w.ctx, newsletters.Leaving{Person: m.id, Newsletter: slugs[0], How: "page"}))
		m.subscribed = slices.DeleteFunc(m.subscribed, func(s string) bool { return s == slugs[0] })
		m.left = append(m.left, slugs[0])
	case 1:
		w.leaveAll(m.id, "page")
		m.subscribed, m.newsletter, m.profile = nil, false, false
	case 2:
		w.must(w.SubscribePerson(w.ctx, m.id, slugs[1], "desk"))
		m.subscribed, m.newsletter = append(m.subscribed, slugs[1]), true
		m.left = slices.DeleteFunc(m.left, func(s string) bool { return s == slugs[1] })
	}
}

// keepIndex keeps an index of the people until the test ends. It returns when the index is ready.
func (w *world) keepIndex() {
	w.Helper()
	ctx, stop := context.WithCancel(w.ctx)
	ended := make(chan error)
	go func() { ended <- w.people.KeepIndex(ctx, people.IndexOptions{Log: slog.New(slog.DiscardHandler)}) }()
	w.Cleanup(func() {
		stop()
		w.must(<-ended)
	})
	w.must(w.people.IndexReady(w.ctx))
}
