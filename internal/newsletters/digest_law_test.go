package newsletters_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
)

// waitingReader is what the law below knows of one person, who reads everything by e-mail at a daily pace or by SMS.
type waitingReader struct {
	id     int64
	number string
	texts  map[string]bool // the newsletters that come by text message
	wanted map[string]int  // issues that must have reached her, how often
}

// troubledTown is a town whose mail is refused now and then.
type troubledTown struct {
	*world

	rt      *rapid.T
	readers map[string]*waitingReader // by address
	full    map[string]bool           // addresses whose mailbox is full
	issues  []newsletters.Issue
}

// newTroubledTown gives the town so many readers, whose names begin so.
func newTroubledTown(w *world, rt *rapid.T, named string, readers int) *troubledTown {
	w.Helper()
	w.texted = nil
	p := &troubledTown{world: w, rt: rt, readers: map[string]*waitingReader{}, full: map[string]bool{}}
	w.refused = func(a deliverytest.Attempt) error {
		if a.Stage == deliverytest.AtRcpt && p.full[a.To] {
			return deliverytest.Refuse(552, "5.2.2", "mailbox full")
		}
		return nil
	}
	for n := range readers {
		name := fmt.Sprint(named, n)
		id := w.citizen(people.Details{Given: name}, false, "teatro", "concerti")
		w.paced(id, newsletters.Daily, "teatro", "concerti")
		p.readers[name+"@mail.example"] = &waitingReader{id, w.phone(id), map[string]bool{}, map[string]int{}}
	}
	return p
}

// TestNobodyIsLostByAFailureOrByChangingTheChannel draws full mailboxes, retries and changes of channel in any order, and
// wants that in the end everybody got everything once, by mail or by text message, and that every issue says so.
func TestNobodyIsLostByAFailureOrByChangingTheChannel(t *testing.T) {
	inTown(t, func(w *world) {
		round := 0
		rapid.Check(t, func(rt *rapid.T) {
			round++
			p := newTroubledTown(w, rt, fmt.Sprintf("d%dx", round), 2)
			steps := []func(){p.publish, p.publish, p.change, p.toSlot, p.retry, p.trouble}
			for range rapid.IntRange(4, 12).Draw(rt, "steps") {
				rapid.SampledFrom(steps).Draw(rt, "step")()
			}
			clear(p.full)
			p.toSlot()
			p.retryAll()
			p.check()
			for _, r := range p.readers {
				w.must(w.UnsubscribeAll(w.ctx, r.id, "test"))
			}
		})
	})
}

func (p *troubledTown) any() *waitingReader {
	return p.readers[rapid.SampledFrom(slices.Sorted(maps.Keys(p.readers))).Draw(p.rt, "who")]
}

func (p *troubledTown) publish() {
	slug := rapid.SampledFrom([]string{"teatro", "concerti"}).Draw(p.rt, "newsletter")
	first, _, _ := strings.Cut(slices.Sorted(maps.Keys(p.readers))[0], "@")
	c := text(slug, fmt.Sprintf("%s-%d", first, len(p.issues)), "")
	if rapid.Bool().Draw(p.rt, "text") {
		c.SMS = "SMS di " + c.Slug
	}
	p.issues = append(p.issues, p.world.publish(c))
	for _, r := range p.readers {
		if !r.texts[slug] || c.SMS != "" {
			r.wanted[c.Slug] = 1
		}
	}
}

func (p *troubledTown) change() {
	r, slug := p.any(), rapid.SampledFrom([]string{"teatro", "concerti"}).Draw(p.rt, "newsletter")
	channel := people.SMS
	if r.texts[slug] {
		channel = people.Email
	}
	p.must(p.ChooseChannel(p.ctx, r.id, slug, channel))
	r.texts[slug] = !r.texts[slug]
	p.paced(r.id, newsletters.Daily, slug)
}

func (p *troubledTown) trouble() {
	for _, address := range slices.Sorted(maps.Keys(p.readers)) {
		p.full[address] = rapid.Bool().Draw(p.rt, "full")
	}
}

func (p *troubledTown) toSlot() {
	p.slot()
	p.deliver() // what the digest handed over
}

func (p *troubledTown) retry() {
	if len(p.issues) > 0 {
		p.retried(rapid.SampledFrom(p.issues).Draw(p.rt, "issue"))
	}
}

func (p *troubledTown) retryAll() {
	for _, i := range p.issues {
		p.retried(i)
	}
}

func (p *troubledTown) retried(i newsletters.Issue) {
	_, err := p.Retry(p.ctx, i.ID)
	p.must(err)
	p.deliver()
	p.deliver()
}

func (p *troubledTown) check() {
	for address, r := range p.readers {
		got := map[string]int{}
		for _, m := range p.sink.Mails() {
			for _, found := range archived.FindAllStringSubmatch(m.Text(), -1) {
				if m.To == address {
					got[found[1]]++
				}
			}
		}
		for _, m := range p.texted {
			if m.To.String() == r.number {
				line, _, _ := strings.Cut(m.Text, "\n")
				got[strings.TrimPrefix(line, "SMS di ")]++
			}
		}
		if !maps.Equal(got, r.wanted) {
			p.rt.Errorf("%s got %v, want %v", address, got, r.wanted)
		}
	}
	p.sink.Clear()
	for _, i := range p.issues {
		now, err := p.Issue(p.ctx, i.ID)
		p.must(err)
		if now.State != newsletters.Sent {
			p.rt.Errorf("%s is %s at the end", i.Slug, now.State)
		}
	}
	if left := p.column("SELECT count(*) FROM newsletters_kept"); left[0] != 0 {
		p.rt.Errorf("%d rows are kept at the end", left[0])
	}
}
