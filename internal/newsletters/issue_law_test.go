package newsletters_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"unoxuno/internal/access"
	"unoxuno/internal/identity"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
	"unoxuno/internal/storage/storagetest"
)

// number is an issue that the law acts on. All actors saw version 1, or the scheduled version.
type number struct {
	*world

	id      int64
	slug    string
	version int64
}

func newNumber(w *world, slug string) *number {
	w.Helper()
	return &number{world: w, id: w.create(text("teatro", slug, "")).ID, slug: slug, version: 1}
}

// snapshot returns the issue with its links, and the number of its messages in the ledger.
func (i *number) snapshot() string {
	i.Helper()
	all := i.rowsOf("newsletters_issue", "id", i.id, i.slug)
	all = append(all, i.rowsOf("newsletters_link", "issue_id", i.id, i.slug)...)
	all = append(all, i.rowsOf("newsletters_kept", "issue", i.id, i.slug)...)
	for _, row := range i.rowsOf("delivery_facts", "ref", i.id, i.slug) {
		all = append(all, person.ReplaceAllString(row, "person=#"))
	}
	all = append(all, i.rowsOf("delivery_batch", "ref", i.id, i.slug)...)
	return strings.Join(all, "\n")
}

// titled returns the issue's content with another title.
func (i *number) titled(title string) newsletters.Content {
	c := text("teatro", i.slug, "")
	c.Title = title
	return c
}

func (i *number) save(title string) error {
	_, err := i.Save(i.ctx, i.id, i.version, i.titled(title))
	return err
}

func (i *number) schedule(at string) error {
	_, err := i.Schedule(i.ctx, i.id, i.version, at, true)
	return err
}

func numberVerbs() []verb[*number] {
	scheduled := func(i *number) {
		i.must(i.schedule("2025-03-10T10:00"))
		i.version = 2
	}
	return []verb[*number]{
		{"save", nil, func(i *number) error { return i.save("One") }},
		{"save otherwise", nil, func(i *number) error { return i.save("Two") }},
		{"save by itself", nil, func(i *number) error {
			_, err := i.Autosave(i.ctx, i.id, i.version, i.titled("Three"))
			return err
		}},
		{"put", nil, func(i *number) error { _, err := i.Put(i.ctx, i.titled("Four")); return err }},
		{"send", nil, func(i *number) error { _, err := i.Send(i.ctx, i.id, i.version, true); return err }},
		{"send as the publisher", nil, func(i *number) error {
			_, err := i.Send(i.actAs(identity.Publisher, "ufficio-cultura"), i.id, i.version, false)
			return err
		}},
		{"schedule", nil, func(i *number) error { return i.schedule("2025-03-04T10:00") }},
		{"schedule otherwise", nil, func(i *number) error { return i.schedule("2025-03-05T10:00") }},
		{"withdraw", scheduled, func(i *number) error { _, err := i.Unschedule(i.ctx, i.id); return err }},
		{"cancel", scheduled, func(i *number) error { _, err := i.Cancel(i.ctx, i.id); return err }},
		{"delete", nil, func(i *number) error { return i.Delete(i.ctx, i.id, i.version) }},
	}
}

// Simultaneous actions on an issue equal actions in some order: the version sent is the one that its sender saw, and
// nothing is overwritten.
func TestWhatIsDoneToAnIssueAtOnceIsDoneInSomeOrder(t *testing.T) {
	inTown(t, func(w *world) {
		for n := range 6 {
			w.citizen(people.Details{Given: fmt.Sprint("reader", n)}, false, "teatro")
		}
		verbs, round := numberVerbs(), 0
		rapid.Check(t, func(rt *rapid.T) {
			round++
			checkSerial(w, rt, verbs, func(n int) *number { return newNumber(w, fmt.Sprintf("x%dx%dx", round, n)) })
		})
	})
}

// If an issue is saved and sent at the same time, it is sent as its sender saw it, or she is told that it changed.
func TestNothingIsSentThatNobodyChecked(t *testing.T) {
	inTown(t, func(w *world) {
		w.citizen(people.Details{Given: "Ada"}, false, "teatro")
		for n := range storagetest.Size(15, 200) {
			i := newNumber(w, fmt.Sprint("n", n))
			came := storagetest.Together(w.T, func() error { return i.save("Nobody checked this") }, func() error {
				_, err := i.Send(i.ctx, i.id, i.version, true)
				return err
			})
			for k, name := range []string{"save", "send"} {
				answer(w, name, came[k])
			}
			is, err := w.Issue(access.With(w.ctx, access.Actor{Kind: access.Console}), i.id)
			w.must(err)
			if sent := came[1] == nil; sent == (came[0] == nil) || sent == (is.Title == "Nobody checked this") || sent != is.Public() {
				w.Errorf("saved: %v, sent: %v; the issue %q is %s", came[0], came[1], is.Title, is.State)
			}
		}
	})
}
