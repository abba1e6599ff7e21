package newsletters_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
	"unoxuno/internal/storage/storagetest"
)

// waitingReader is one person in the law's model. She reads everything by e-mail, at her pace, or by SMS.
type waitingReader struct {
	id     int64
	number string
	pace   newsletters.Pace
	texts  map[string]bool // newsletters that come by text message
	wanted map[string]int  // issues that must have reached her, and how often
}

// troubledTown is a town in which mail is refused now and then, telephones are busy, and nodes die.
type troubledTown struct {
	*world

	rt      *rapid.T
	readers map[string]*waitingReader // by address
	full    map[string]bool           // addresses whose mailbox is full
	busy    map[string]bool           // addresses and numbers that accept nothing at the moment
	issues  []newsletters.Issue
}

// newTroubledTown adds a reader of each pace to the town; named is the prefix of their names.
func newTroubledTown(w *world, rt *rapid.T, named string, paces ...newsletters.Pace) *troubledTown {
	w.Helper()
	w.texted = nil
	p := &troubledTown{world: w, rt: rt, readers: map[string]*waitingReader{}, full: map[string]bool{}, busy: map[string]bool{}}
	p.settle()
	for n, pace := range paces {
		name := fmt.Sprint(named, n)
		id := w.citizen(people.Details{Given: name}, false, "teatro", "concerti")
		w.paced(id, pace, "teatro", "concerti")
		p.readers[name+"@mail.example"] = &waitingReader{id, w.phone(id), pace, map[string]bool{}, map[string]int{}}
	}
	return p
}

// TestNobodyIsLostByAFailureOrByChangingTheChannel draws full mailboxes, busy servers and telephones, retries, deaths
// of nodes and changes of channel in any order. In the end everybody must have got everything once, by mail or by text
// message, and every issue must say so.
func TestNobodyIsLostByAFailureOrByChangingTheChannel(t *testing.T) {
	inTown(t, func(w *world) {
		round := 0
		storagetest.Few(w.T, 3)
		rapid.Check(t, func(rt *rapid.T) {
			round++
			p := newTroubledTown(w, rt, fmt.Sprintf("d%dx", round), newsletters.Daily, newsletters.AtOnce)
			steps := []func(){p.publish, p.publish, p.change, p.change, p.toSlot, p.soon, p.retry, p.trouble, p.trouble, p.die}
			for range rapid.IntRange(4, 14).Draw(rt, "steps") {
				rapid.SampledFrom(steps).Draw(rt, "step")()
			}
			clear(p.full)
			clear(p.busy)
			p.toSlot()
			p.retryAll()
			p.toSlot() // what was moved to a digest
			p.check()
			for _, r := range p.readers {
				w.leaveAll(r.id, "test")
			}
		})
	})
}

// settle makes servers and telephones refuse what the law drew.
func (p *troubledTown) settle() {
	p.refused = func(a deliverytest.Attempt) error {
		switch {
		case a.Stage != deliverytest.AtRcpt:
			return nil
		case p.full[a.To]:
			return deliverytest.Refuse(552, "5.2.2", "mailbox full")
		case p.busy[a.To]:
			return deliverytest.Refuse(451, "4.3.0", "come back")
		}
		return nil
	}
	p.world.busy = func(m sms.Message) error {
		if p.busy[m.To.String()] {
			return &sms.Later{Code: 88, Reason: sms.Temporary}
		}
		return nil
	}
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
	p.paced(r.id, r.pace, slug)
}

func (p *troubledTown) trouble() {
	for _, address := range slices.Sorted(maps.Keys(p.readers)) {
		p.full[address], p.busy[address] = rapid.Bool().Draw(p.rt, "full"), rapid.Bool().Draw(p.rt, "busy")
		p.busy[p.readers[address].number] = rapid.Bool().Draw(p.rt, "telephone busy")
	}
}

// soon advances the clock until deferred messages are due on all channels.
func (p *troubledTown) soon() {
	p.clock.Advance(time.Hour)
	p.deliver()
	p.deliver()
}

// die makes a node claim messages and be killed before it records anything.
func (p *troubledTown) die() {
	batches := p.column("SELECT id FROM delivery_batch WHERE finished = 0 AND cancelled = 0 AND origin = 'newsletters.issue' ORDER BY id")
	if len(batches) == 0 {
		return
	}
	p.must(p.takeUp(rapid.SampledFrom(batches).Draw(p.rt, "batch")))
}

func (p *troubledTown) toSlot() {
	p.slot()
	p.deliver() // what the digest moved
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
		p.rt.Errorf("%d rows of newsletters_kept are left at the end", left[0])
	}
}
