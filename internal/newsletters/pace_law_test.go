package newsletters_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"unoxuno/internal/fault"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
	"unoxuno/internal/storage/storagetest"
)

// lawReader is one person in the law's small model.
type lawReader struct {
	id     int64
	paces  map[string]newsletters.Pace // of her subscriptions
	paused time.Time
	queued map[string]bool             // issues in the ledger for her, not sent yet
	kept   map[string]newsletters.Pace // issues that wait for a slot
	due    map[string]bool             // issues whose slot has come
	wanted map[string]int              // issues that must have reached her, and how often
}

// pacedTown is the town of the law: its readers, and what was published.
type pacedTown struct {
	*world

	rt        *rapid.T
	readers   map[string]*lawReader // by address
	urgent    map[string]bool
	issues    map[string]newsletters.Issue
	cancelled map[string]bool
	published int
	slots     int
}

var law = []string{"teatro", "concerti", "famiglie"}

// TestNobodyGetsAnIssueTwiceAndNobodyMissesOne draws what people and newsrooms do, in any order, and compares the
// result with a model: everybody entitled to an issue got it once, in any mail, and nobody got two digests of a slot.
func TestNobodyGetsAnIssueTwiceAndNobodyMissesOne(t *testing.T) {
	inTown(t, func(w *world) {
		round := 0
		storagetest.Few(w.T, 4)
		rapid.Check(t, func(rt *rapid.T) {
			round++
			p := &pacedTown{
				world: w, rt: rt, readers: map[string]*lawReader{}, urgent: map[string]bool{}, issues: map[string]newsletters.Issue{},
				cancelled: map[string]bool{},
			}
			for n := range 3 {
				name := fmt.Sprintf("r%dx%d", round, n)
				subscribed := rapid.SliceOfNDistinct(rapid.SampledFrom(law), 1, 3, rapid.ID[string]).Draw(rt, name)
				r := &lawReader{
					paces: map[string]newsletters.Pace{}, queued: map[string]bool{}, kept: map[string]newsletters.Pace{},
					due: map[string]bool{}, wanted: map[string]int{},
				}
				r.id = w.citizen(people.Details{Given: name}, false, subscribed...)
				for _, slug := range subscribed {
					r.paces[slug] = newsletters.AtOnce
				}
				p.readers[name+"@mail.example"] = r
			}
			steps := []func(){p.publish, p.publish, p.setPace, p.setPace, p.leave, p.subscribe, p.pause, p.resume, p.toSlot, p.toSlot, p.deliver, p.cancel}
			for range rapid.IntRange(4, 14).Draw(rt, "steps") {
				rapid.SampledFrom(steps).Draw(rt, "step")()
			}
			for range 8 { // beyond a weekly slot
				p.toSlot()
				p.deliver()
			}
			p.check()
			for _, r := range p.readers {
				w.leaveAll(r.id, "test")
			}
		})
	})
}

func (p *pacedTown) any() *lawReader {
	addresses := slices.Sorted(maps.Keys(p.readers))
	return p.readers[rapid.SampledFrom(addresses).Draw(p.rt, "who")]
}

func (p *pacedTown) publish() {
	p.published++
	slug := rapid.SampledFrom(law).Draw(p.rt, "newsletter")
	c := text(slug, fmt.Sprintf("%s-%d", strings.ToLower(p.someone()), p.published), "")
	c.Urgent = rapid.IntRange(0, 4).Draw(p.rt, "urgent") == 0
	issue := p.create(c)
	_, err := p.Send(p.ctx, issue.ID, issue.Version, true)
	p.must(err)
	p.urgent[c.Slug], p.issues[c.Slug] = c.Urgent, issue
	for _, r := range p.readers {
		pace, subscribed := r.paces[slug]
		switch {
		case !subscribed, r.isPaused(p) && !c.Urgent:
		case c.Urgent || pace == newsletters.AtOnce:
			r.queued[c.Slug] = true
		default:
			r.kept[c.Slug] = pace
		}
	}
}

// someone is a part of the names of this round's issues.
func (p *pacedTown) someone() string {
	first := slices.Sorted(maps.Keys(p.readers))[0]
	return strings.Split(first, "@")[0]
}

func (r *lawReader) isPaused(p *pacedTown) bool { return r.paused.After(p.clock.Now()) }

func (p *pacedTown) newsletterOf(issue string) string { return p.issues[issue].Newsletter }

func (p *pacedTown) setPace() {
	r := p.any()
	if len(r.paces) == 0 {
		return
	}
	slug := rapid.SampledFrom(slices.Sorted(maps.Keys(r.paces))).Draw(p.rt, "newsletter")
	pace := rapid.SampledFrom(newsletters.Paces()).Draw(p.rt, "pace")
	p.must(p.ChooseRhythm(p.ctx, r.id, newsletters.Choice{
		Paces: map[string]newsletters.Pace{slug: pace}, Profile: newsletters.AtOnce,
	}))
	if r.paces[slug] != pace && pace != newsletters.Weekly {
		for issue := range r.kept {
			if p.newsletterOf(issue) == slug {
				r.kept[issue] = newsletters.Daily
			}
		}
	}
	r.paces[slug] = pace
}

func (p *pacedTown) leave() {
	r, slug := p.any(), rapid.SampledFrom(law).Draw(p.rt, "newsletter")
	p.must(p.Unsubscribe(p.ctx, newsletters.Leaving{Person: r.id, Newsletter: slug, How: "page"}))
	delete(r.paces, slug)
	maps.DeleteFunc(r.kept, func(issue string, _ newsletters.Pace) bool { return p.newsletterOf(issue) == slug })
}

func (p *pacedTown) subscribe() {
	r, slug := p.any(), rapid.SampledFrom(law).Draw(p.rt, "newsletter")
	p.must(p.SubscribePerson(p.ctx, r.id, slug, "own-page"))
	if _, subscribed := r.paces[slug]; !subscribed {
		r.paces[slug] = newsletters.AtOnce
	}
}

func (p *pacedTown) pause() {
	r, days := p.any(), rapid.IntRange(1, 5).Draw(p.rt, "days")
	zone := p.Slots().Zone
	year, month, day := p.clock.Now().In(zone).Date()
	r.paused = time.Date(year, month, day+days, 0, 0, 0, 0, zone)
	p.must(p.Pause(p.ctx, r.id, r.paused.Format("2006-01-02")))
	clear(r.kept)
}

func (p *pacedTown) resume() {
	r := p.any()
	p.must(p.EndPause(p.ctx, r.id))
	r.paused = time.Time{}
}

// toSlot goes to the next slot and makes its digest, which deliver sends.
func (p *pacedTown) toSlot() {
	at := p.makeDigest()
	p.slots++
	for _, r := range p.readers {
		maps.DeleteFunc(r.kept, func(issue string, pace newsletters.Pace) bool {
			if pace == newsletters.Weekly && !at.Equal(p.Slots().Last(newsletters.Weekly, at)) {
				return false
			}
			r.due[issue] = true
			return true
		})
	}
}

// deliver sends what is queued. In one round nobody gets more than one mail of a digest, and each digest is sent before
// the next is made, or together with it.
func (p *pacedTown) deliver() {
	p.world.deliver()
	for _, r := range p.readers {
		for _, owed := range []map[string]bool{r.queued, r.due} {
			for issue := range owed {
				_, subscribed := r.paces[p.newsletterOf(issue)]
				if subscribed && !p.cancelled[issue] && (!r.isPaused(p) || p.urgent[issue]) {
					r.wanted[issue]++
				}
			}
			clear(owed)
		}
	}
}

func (p *pacedTown) cancel() {
	if len(p.issues) == 0 {
		return
	}
	slug := rapid.SampledFrom(slices.Sorted(maps.Keys(p.issues))).Draw(p.rt, "issue")
	_, err := p.Cancel(p.ctx, p.issues[slug].ID)
	if fault.Is(err, fault.KindConflict) {
		return // it was sent or cancelled already
	}
	p.must(err)
	p.cancelled[slug] = true
	for _, r := range p.readers {
		delete(r.kept, slug)
	}
}

var archived = regexp.MustCompile(`https://uno\.comune\.example/newsletters/[a-z]+/([a-z0-9-]+)`)

// check compares what arrived with what should have arrived.
func (p *pacedTown) check() {
	got := map[string]map[string]int{}
	digests := map[string]map[string]bool{} // by address, the dates of the slots
	for _, m := range p.sink.Mails() {
		if p.readers[m.To] == nil {
			continue
		}
		if got[m.To] == nil {
			got[m.To], digests[m.To] = map[string]int{}, map[string]bool{}
		}
		for _, found := range archived.FindAllStringSubmatch(m.Text(), -1) {
			got[m.To][found[1]]++
		}
		if feedback := m.Header("Feedback-Id"); strings.Contains(feedback, ":digest:") {
			if digests[m.To][feedback] {
				p.rt.Errorf("%s got a second mail of digest %s", m.To, feedback)
			}
			digests[m.To][feedback] = true
		}
	}
	p.sink.Clear()
	for address, r := range p.readers {
		if !maps.Equal(got[address], r.wanted) && len(got[address])+len(r.wanted) > 0 {
			p.rt.Errorf("%s got %v, want %v", address, got[address], r.wanted)
		}
	}
	if left := p.column("SELECT count(*) FROM newsletters_kept"); left[0] != 0 {
		p.rt.Errorf("%d rows of newsletters_kept are left at the end", left[0])
	}
	for slug, issue := range p.issues {
		after, err := p.Issue(p.ctx, issue.ID)
		p.must(err)
		if after.State != newsletters.Sent && !p.cancelled[slug] {
			p.rt.Errorf("%s is %s at the end", slug, after.State)
		}
	}
}
