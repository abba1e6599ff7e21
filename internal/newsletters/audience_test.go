package newsletters_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"unoxuno/internal/access"
	"unoxuno/internal/delivery"
	"unoxuno/internal/disclosure"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
	"unoxuno/internal/taxonomy"
)

// modelled is a person in the model of TestRecipientsAreWhomTheRuleSays.
type modelled struct {
	id                  int64
	who, wants          []string
	newsletter, profile bool // valid consents
	reachable           bool
	subscribed, left    []string // newsletters: subscribed now, opted out
}

// mayGet is the rule for recipients, written in Go.
func (m modelled) mayGet(n newsletters.Newsletter) bool {
	meets := func(a, b []string) bool {
		return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
	}
	subscribed := m.newsletter && slices.Contains(m.subscribed, n.Slug)
	fits := m.profile && !n.Sensitive && meets(m.wants, n.Topics) && (len(n.For) == 0 || meets(m.who, n.For)) &&
		!slices.Contains(m.left, n.Slug)
	return m.reachable && (subscribed || fits)
}

// some returns a random part of a list, possibly empty.
func some(dice *rand.Rand, list []string) []string {
	part := []string{}
	for _, s := range list {
		if dice.IntN(3) == 0 {
			part = append(part, s)
		}
	}
	return part
}

func (w *world) model(dice *rand.Rand, n int, slugs []string) modelled {
	w.Helper()
	m := modelled{
		who: some(dice, []string{"genitore", "giovane", "over-65"}), wants: some(dice, []string{"teatro", "musica", "sport"}),
		newsletter: dice.IntN(4) > 0, profile: dice.IntN(2) == 0, reachable: dice.IntN(5) > 0,
	}
	var grants []people.Grant
	if m.profile {
		grants = append(grants, people.Grant{Purpose: people.ForProfile, Source: "test"})
	}
	contacts := []people.Contact{{Channel: people.Email, Value: fmt.Sprintf("p%d@mail.example", n), Verified: m.reachable}}
	if m.reachable && dice.IntN(4) == 0 {
		contacts = append(contacts, people.Contact{Channel: people.Email, Value: fmt.Sprintf("p%d@second.example", n), Verified: true})
	}
	var err error
	m.id, err = w.people.Register(w.ctx, people.Details{Given: fmt.Sprint("P", n), Who: m.who, Wants: m.wants}, contacts, grants)
	w.must(err)
	for _, slug := range some(dice, slugs) {
		w.must(w.SubscribePerson(w.ctx, m.id, slug, "signup"))
		m.subscribed = append(m.subscribed, slug)
	}
	for _, slug := range some(dice, slugs) {
		w.must(w.Unsubscribe(w.ctx, newsletters.Leaving{Person: m.id, Newsletter: slug, How: "page"}))
		m.subscribed = slices.DeleteFunc(m.subscribed, func(s string) bool { return s == slug })
		m.left = append(m.left, slug)
	}
	if !m.newsletter {
		w.must(w.people.Withdraw(w.ctx, m.id, people.ForNewsletter, "test"))
	}
	return m
}

// TestRecipientsAreWhomTheRuleSays: for random people and newsletters, the people counted before sending, those in the
// ledger, and those who pass the check when the message leaves, are exactly those that the rule names.
func TestRecipientsAreWhomTheRuleSays(t *testing.T) {
	inTown(t, func(w *world) {
		dice := rand.New(rand.NewPCG(1, 2))
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
		for n := range 60 {
			all = append(all, w.model(dice, n, slugs))
		}
		gets := map[int64][]string{} // newsletters by person, as on her own page
		for _, m := range all {
			received, err := w.Receives(w.ctx, m.id)
			w.must(err)
			for _, r := range received {
				gets[m.id] = append(gets[m.id], r.Newsletter.Slug)
				if r.Why == "" || r.Subscribed != (m.newsletter && slices.Contains(m.subscribed, r.Newsletter.Slug)) {
					w.Errorf("%+v sees %+v", m, r)
				}
			}
		}
		for _, slug := range slugs {
			n, err := w.Newsletter(w.ctx, slug)
			w.must(err)
			want := []int64{}
			for _, m := range all {
				if m.mayGet(n) {
					want = append(want, m.id)
				}
				if m.mayGet(n) != slices.Contains(gets[m.id], slug) {
					w.Errorf("%+v sees that she gets %v; %s: %t", m, gets[m.id], slug, m.mayGet(n))
				}
			}
			slices.Sort(want)
			issue := w.create(text(slug, "1", ""))
			reach, err := w.Reach(w.ctx, issue.ID)
			w.must(err)
			if reach.People != int64(len(want)) {
				w.Errorf("%+v: counted %d, want %d", n, reach.People, len(want))
			}
			_, err = w.Send(w.ctx, issue.ID, issue.Version, true)
			w.must(err)
			if diff := cmp.Diff(want, w.queued(issue.ID)); diff != "" {
				w.Errorf("%+v: ledger (-rule +ledger):\n%s", n, diff)
			}
			if diff := cmp.Diff(want, w.letThrough(issue.ID, all)); diff != "" {
				w.Errorf("%+v: at the moment of sending (-rule +let through):\n%s", n, diff)
			}
		}
	})
}

// queued returns the people in the ledger of the issue.
func (w *world) queued(issue int64) []int64 {
	w.Helper()
	rows, err := w.db.QueryContext(w.ctx, "SELECT person FROM delivery_facts WHERE ref = $1 ORDER BY person", issue)
	w.must(err)
	defer func() { w.must(rows.Close()) }()
	list := []int64{}
	for rows.Next() {
		var id int64
		w.must(rows.Scan(&id))
		list = append(list, id)
	}
	w.must(rows.Err())
	return list
}

// letThrough returns those of all who pass the check when the message leaves.
func (w *world) letThrough(issue int64, all []modelled) []int64 {
	w.Helper()
	letter, err := w.Letter(w.ctx, delivery.Matter{Ref: issue, Channel: delivery.Email})
	w.must(err)
	var persons []int64
	for _, m := range all {
		persons = append(persons, m.id)
	}
	recipients, err := letter.Recipients(w.ctx, persons)
	w.must(err)
	list := []int64{}
	for _, r := range recipients {
		list = append(list, r.Person)
	}
	slices.Sort(list)
	return list
}

func TestSubscribeManyAtOnce(t *testing.T) {
	inTown(t, func(w *world) {
		ada := w.citizen(people.Details{Given: "Ada"}, false)
		bea := w.citizen(people.Details{Given: "Bea"}, false, "teatro")
		left := w.citizen(people.Details{Given: "Carla"}, false, "teatro")
		w.must(w.Unsubscribe(w.ctx, newsletters.Leaving{Person: left, Newsletter: "teatro", How: "page"}))
		leftAll := w.citizen(people.Details{Given: "Dina"}, false, "teatro")
		w.leaveAll(leftAll, "own-page")
		ask := func(asked ...people.Asked) []int64 {
			w.Helper()
			var begun []int64
			w.must(w.db.Tx(w.ctx, func(tx *storage.Tx) error {
				if _, err := w.Subscribe(w.ctx, tx, nil); err != nil {
					return err
				}
				for _, a := range asked {
					if _, err := w.people.Hold(w.ctx, tx, a.Person); err != nil {
						return err
					}
				}
				var err error
				begun, err = w.Subscribe(w.ctx, tx, asked)
				return err
			}))
			return begun
		}
		old, new := morning().AddDate(0, -1, 0), morning().AddDate(0, 0, 1)
		one := func(person int64, newsletter string) people.Asked {
			return people.Asked{Person: person, Newsletter: newsletter, Channel: people.Email, How: "import", When: old}
		}
		begun := ask(one(ada, "teatro"), one(ada, "teatro"), one(ada, "concerti"), one(bea, "teatro"), one(left, "teatro"), one(leftAll, "teatro"))
		if diff := cmp.Diff([]int64{ada}, begun); diff != "" {
			w.Errorf("an old form revives a subscription that was ended, or counts twice (-want +got):\n%s", diff)
		}
		if again := ask(one(ada, "teatro"), one(ada, "concerti")); len(again) != 0 {
			w.Errorf("asked again, %v began", again)
		}
		later := one(left, "teatro")
		later.When = new
		if begun := ask(later); len(begun) != 1 {
			w.Errorf("a new request has no effect: %v", begun)
		}
		for person, want := range map[int64][]string{ada: {"concerti", "teatro"}, bea: {"teatro"}, left: {"teatro"}} {
			got, err := w.Of(w.ctx, w.db, person)
			w.must(err)
			if diff := cmp.Diff(want, got); diff != "" {
				w.Errorf("(-want +got):\n%s", diff)
			}
		}
		history, err := w.Subscriptions(w.ctx, ada)
		w.must(err)
		if !history[0].Began.Equal(old) || history[0].How != "import" {
			w.Errorf("the subscription began %+v", history[0])
		}
		if err := w.SubscribePerson(w.ctx, ada, "teatri", "desk"); err == nil {
			w.Error("an unknown newsletter was accepted")
		}
	})
}

func TestExportAndForget(t *testing.T) {
	inTown(t, func(w *world) {
		who := populate(w)
		issue := w.create(text("teatro", "2025-03", ""))
		w.send(issue.ID)
		w.must(w.OneClick(w.ctx, w.UnsubscribeToken(who["ada"], issue.ID)))
		kept, err := w.Export(w.ctx, w.db, who["ada"], access.Whole)
		w.must(err)
		k, ok := kept.(newsletters.Kept)
		if !ok || len(k.Subscriptions) != 2 || len(k.OptOuts) != 1 || k.OptOuts[0].Newsletter != "teatro" {
			w.Errorf("export is %+v", kept)
		}
		w.must(w.people.Erase(w.ctx, who["ada"]))
		kept, err = w.Export(w.ctx, w.db, who["ada"], access.Whole)
		w.must(err)
		if kept != nil {
			w.Errorf("after being forgotten: %+v", kept)
		}
		w.must(w.OneClick(w.ctx, w.UnsubscribeToken(who["ada"], issue.ID))) // her old mail is still in her mailbox
		s, err := w.Statistics(w.ctx, issue.ID)
		w.must(err)
		if s.Recipients != disclosure.Exact(4) || s.Accepted != disclosure.Exact(4) {
			w.Errorf("the issue's numbers changed: %+v", s)
		}
	})
}
