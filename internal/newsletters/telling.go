package newsletters

import (
	"context"
	"fmt"
	"slices"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery/bounce"
	"unoxuno/internal/disclosure"
	"unoxuno/internal/newsletters/db"
	"unoxuno/internal/people"
)

// teller shows the numbers of an issue to the context's actor.
type teller struct {
	ctx      context.Context //nolint:containedctx // lives for one call
	rule     *disclosure.Room
	issue    Issue
	floor    int64
	narrowed bool // the issue has an audience of its own
	few      bool // fewer people than the floor got it
}

func (r *Room) teller(ctx context.Context, i Issue, floor, recipients int64) teller {
	return teller{ctx, r.Disclosure, i, floor, i.Audience != "", recipients < floor}
}

// floorOf returns the floor of an issue's numbers.
func (r *Room) floorOf(ctx context.Context, i Issue, n Newsletter) (int64, error) {
	if n.Sensitive || n.Newsroom.Kind != Office && !disclosure.SeesExact(ctx) {
		return disclosure.SensitiveFloor, nil
	}
	if i.Audience == "" {
		return disclosure.Floor, nil
	}
	v, err := r.People.Vocabulary(ctx)
	if err != nil {
		return 0, err
	}
	a, err := people.ParseAudience(i.Audience, v)
	if err != nil {
		return disclosure.SensitiveFloor, nil //nolint:nilerr // a word no longer exists, so it may have been sensitive
	}
	catalogue, err := loadCatalogue(ctx, r.DB)
	if err != nil || a.Sensitive(v, catalogue.sensitive) {
		return disclosure.SensitiveFloor, err
	}
	return disclosure.Floor, nil
}

func (t teller) name(what string) string { return fmt.Sprint("issue ", t.issue.ID, " ", what) }

// recipients shows how many people got the issue.
func (t teller) recipients(n int64) disclosure.Figure {
	return t.rule.Sent(t.ctx, disclosure.Sent{Name: t.name("recipients"), N: n, Floor: t.floor, Narrowed: t.narrowed, Few: t.few, Whole: true})
}

// sent shows what happened to some of its messages.
func (t teller) sent(what string, n int64) disclosure.Figure {
	return t.rule.Sent(t.ctx, disclosure.Sent{Name: t.name(what), N: n, Floor: t.floor, Narrowed: t.narrowed, Few: t.few})
}

// did shows what some of its readers did.
func (t teller) did(what string, n int64) disclosure.Figure {
	switch {
	case t.few:
		return disclosure.Hidden()
	case t.narrowed && !disclosure.SeesExact(t.ctx):
		return t.sent(what, n)
	}
	return disclosure.AtLeast(n, t.floor)
}

// tellDelivery shows what happened to the messages.
func (t teller) tellDelivery(o outcome, s *Statistics) {
	s.Recipients, s.Accepted, s.InDigests = t.recipients(o.Recipients), t.sent("accepted", o.Accepted), t.sent("in digests", o.InDigests)
	s.AwaitingDigest, s.Refused, s.Later = t.sent("awaiting", o.AwaitingDigest), t.sent("refused", o.Refused), t.sent("later", o.Later)
	s.Waiting, s.Suppressed, s.Withdrawn = t.sent("waiting", o.Waiting), t.sent("suppressed", o.Suppressed), t.sent("withdrawn", o.Withdrawn)
	s.Cancelled, s.Retried, s.Returned = t.sent("cancelled", o.Cancelled), t.sent("retried", o.Retried), t.sent("returned", o.Returned)
	s.Delay, s.Complaints = o.delay, t.did("complaints", o.Complaints)
	s.Channels, s.Reasons, s.Returns = make([]OnChannel, len(o.channels)), []Reason{}, []Returned{}
	for at, p := range o.channels {
		channel := o.batches[at].Channel
		s.Channels[at] = OnChannel{
			Channel: people.Channel(channel), Recipients: t.sent(channel+" recipients", p.Messages-p.Kept),
			Accepted: t.sent(channel+" accepted", p.Sent), Refused: t.sent(channel+" refused", p.Refused), Owed: t.sent(channel+" owed", p.Owed()),
			Delivered: t.sent(channel+" delivered", p.Delivered), Undelivered: t.sent(channel+" undelivered", p.Undelivered),
		}
	}
	for _, one := range o.reasons {
		s.Reasons = append(s.Reasons, Reason{State: one.state, Reason: one.reason, Count: t.sent(one.state+" "+one.reason, one.n)})
	}
	for _, one := range o.returns {
		if one.Kind == bounce.Hard || one.Kind == bounce.Soft {
			s.Returns = append(s.Returns, Returned{Kind: one.Kind, Reason: one.Reason, Count: t.sent(fmt.Sprint(one.Kind, " ", one.Reason), one.Count)})
		}
	}
}

// links shows how often each link was followed, and the total.
func (t teller) links(links []db.NewslettersLink, filtered, raw []int64) ([]LinkVisits, Visits) {
	list := make([]LinkVisits, len(links))
	sum := func(all []int64) (total int64) {
		for _, n := range all {
			total += n
		}
		return total
	}
	noised := t.few || t.narrowed && !disclosure.SeesExact(t.ctx)
	shown := t.rule.Protect(t.name("links"), t.floor,
		disclosure.Column{Counts: filtered, Total: sum(filtered)}, disclosure.Column{Counts: raw, Total: sum(raw)})
	total := Visits{Raw: shown[1].Total, Filtered: shown[0].Total}
	if noised {
		total = Visits{Raw: t.did("clicks raw", sum(raw)), Filtered: t.did("clicks", sum(filtered))}
	}
	for at, link := range links {
		list[at] = LinkVisits{N: int(link.N), URL: link.Url, Visits: Visits{Raw: shown[1].Figures[at], Filtered: shown[0].Figures[at]}}
		if noised {
			list[at].Visits = Visits{t.did(fmt.Sprint("link raw ", link.N), raw[at]), t.did(fmt.Sprint("link ", link.N), filtered[at])}
		}
	}
	return list, total
}

// maxPoints is the largest number of points that a chart shows well.
const maxPoints = 60

// timeline groups hours into points of an hour, a day or a week, so that they are few. clicks is how the total of all
// clicks is shown.
func (t teller) timeline(hours map[int64]happened, clicks disclosure.Figure) []Point {
	if len(hours) == 0 {
		return []Point{}
	}
	var all []int64
	for hour := range hours {
		all = append(all, hour)
	}
	first, last := slices.Min(all), slices.Max(all)
	length := time.Hour
	for _, longer := range []time.Duration{24 * time.Hour, 7 * 24 * time.Hour} {
		if (last-first)/length.Milliseconds() >= maxPoints {
			length = longer
		}
	}
	sums := make([]happened, (last-first)/length.Milliseconds()+1)
	for hour, h := range hours {
		at := &sums[(hour-first)/length.Milliseconds()]
		at.sent, at.clicks, at.opens = at.sent+h.sent, at.clicks+h.clicks, at.opens+h.opens
	}
	clicked := t.course("clicks", clicks.IsExact(), sums, func(h happened) int64 { return h.clicks })
	opened := t.course("opens", true, sums, func(h happened) int64 { return h.opens })
	points := make([]Point, len(sums))
	for n, sum := range sums {
		points[n] = Point{
			From: clock.Time(first + int64(n)*length.Milliseconds()), Hours: int(length.Hours()),
			Sent: t.sent(fmt.Sprint("sent ", n), sum.sent), Clicks: clicked[n], Opens: opened[n],
		}
	}
	return points
}

// course shows a number over time. Its total is shown elsewhere. No point is shown if the points would reveal what the
// total hides, or the total what the points hide.
func (t teller) course(what string, summed bool, sums []happened, of func(happened) int64) []disclosure.Figure {
	c := disclosure.Column{Counts: make([]int64, len(sums))}
	for n, sum := range sums {
		c.Counts[n] = of(sum)
		c.Total += of(sum)
	}
	shown := t.rule.Protect(t.name("course of "+what), t.floor, c)[0]
	hide := t.few || c.Total >= t.floor && (!summed || !shown.Total.IsExact())
	for n := range shown.Figures {
		switch {
		case hide:
			shown.Figures[n] = disclosure.Hidden()
		case t.narrowed && !disclosure.SeesExact(t.ctx):
			shown.Figures[n] = t.did(fmt.Sprint(what, " ", n), c.Counts[n])
		}
	}
	return shown.Figures
}
