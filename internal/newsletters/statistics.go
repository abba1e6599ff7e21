package newsletters

import (
	"context"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/bounce"
	"unoxuno/internal/disclosure"
	"unoxuno/internal/newsletters/db"
	"unoxuno/internal/people"
)

// Visits are all visits, and those that seem people's; see Visit for the rule.
type Visits struct {
	Raw      disclosure.Figure `json:"raw"`
	Filtered disclosure.Figure `json:"filtered"`
}

// Readers are people, each counted once, who agreed that we record what they read.
type Readers struct {
	Read    disclosure.Figure `json:"read"`    // opened the issue or followed a link
	Clicked disclosure.Figure `json:"clicked"` // followed a link
}

// LinkVisits are the visits to one link.
type LinkVisits struct {
	N   int    `json:"n"`
	URL string `json:"url"`
	Visits
}

// Reason is how many messages were refused or deferred for a reason; its word is "delivery.reason." and the reason.
type Reason struct {
	State  string            `json:"state"`
	Reason string            `json:"reason"`
	Count  disclosure.Figure `json:"count"`
}

// Returned is how many messages were returned for a reason; its words are "delivery.return.kind." and the kind, and
// "delivery.return." and the reason.
type Returned struct {
	Kind   bounce.Kind       `json:"kind"` // hard or soft
	Reason bounce.Reason     `json:"reason"`
	Count  disclosure.Figure `json:"count"`
}

// Point is what happened in a period after sending began.
type Point struct {
	From   time.Time         `json:"from"`
	Hours  int               `json:"hours"` // length of the period
	Sent   disclosure.Figure `json:"sent"`
	Clicks disclosure.Figure `json:"clicks"` // filtered
	Opens  disclosure.Figure `json:"opens"`  // filtered
}

// Statistics are the numbers of an issue, as their reader may know them; see package disclosure. What happened to the
// messages of an issue without an audience of its own is exact. With one it carries noise. What people did is shown as
// totals, and not at all if fewer people than the floor got the issue.
type Statistics struct {
	Issue      string            `json:"issue"` // "newsletter/slug"
	State      State             `json:"state"`
	Sent       time.Time         `json:"sent,omitzero"` // when sending began
	Recipients disclosure.Figure `json:"recipients"`    // at once or in a digest
	Accepted   disclosure.Figure `json:"accepted"`      // by the receiving server
	InDigests  disclosure.Figure `json:"in_digests"`    // of those accepted: in a digest with other issues
	// AwaitingDigest are the recipients who get it with their next digest.
	AwaitingDigest disclosure.Figure `json:"awaiting_digest"`
	Refused        disclosure.Figure `json:"refused"`
	Later          disclosure.Figure `json:"later"` // deferred, and tried again
	Waiting        disclosure.Figure `json:"waiting"`
	Suppressed     disclosure.Figure `json:"suppressed"`
	Withdrawn      disclosure.Figure `json:"withdrawn"` // she left, or withdrew consent, before it was sent
	Cancelled      disclosure.Figure `json:"cancelled"`
	Retried        disclosure.Figure `json:"retried"`        // tried more than once
	Delay          delivery.Delay    `json:"delay,omitzero"` // what delays its sending
	Channels       []OnChannel       `json:"channels"`
	Reasons        []Reason          `json:"reasons"`
	Returned       disclosure.Figure `json:"returned"` // of those accepted: returned undelivered
	Returns        []Returned        `json:"returns"`
	Complaints     disclosure.Figure `json:"complaints"` // reported as spam
	Clicks         Visits            `json:"clicks"`
	Opens          Visits            `json:"opens"`
	Readers        Readers           `json:"readers"`
	Links          []LinkVisits      `json:"links"`
	Unsubscribed   disclosure.Figure `json:"unsubscribed"` // by a link of this issue
	Timeline       []Point           `json:"timeline"`
	Few            bool              `json:"few"` // fewer recipients than the floor: nothing is shown of what they did
}

// Statistics returns the numbers of an issue. It asks access.ReadStatistics in its newsroom.
func (r *Room) Statistics(ctx context.Context, id int64) (Statistics, error) {
	i, n, err := anyIssueFor(ctx, r.DB, id, access.ReadStatistics)
	if err != nil {
		return Statistics{}, err
	}
	floor, err := r.floorOf(ctx, i, n)
	if err != nil {
		return Statistics{}, err
	}
	var o outcome
	if err := r.addDelivery(ctx, i, &o); err != nil {
		return Statistics{}, err
	}
	t := r.teller(ctx, i, floor, o.Recipients)
	s := Statistics{Issue: i.Newsletter + "/" + i.Slug, State: i.State, Sent: i.Sent, Few: t.few}
	t.tellDelivery(o, &s)
	if err := r.addVisits(ctx, i, t, &s); err != nil {
		return s, err
	}
	readers, err := db.New(r.DB).ReadersOf(ctx, id)
	if err != nil {
		return s, err
	}
	s.Readers = Readers{Read: t.did("read", readers.Readers), Clicked: t.did("clicked", readers.Clicked)}
	left, err := db.New(r.DB).LeftWith(ctx, id)
	s.Unsubscribed = t.did("unsubscribed", left)
	return s, err
}

// OnChannel is what happened to an issue's messages on one channel.
type OnChannel struct {
	Channel     people.Channel    `json:"channel"`
	Recipients  disclosure.Figure `json:"recipients"` // without those who were moved to another channel
	Accepted    disclosure.Figure `json:"accepted"`   // by the receiving server, or by the SMS gateway
	Refused     disclosure.Figure `json:"refused"`
	Owed        disclosure.Figure `json:"owed"`
	Delivered   disclosure.Figure `json:"delivered"`   // text messages that reached the telephone
	Undelivered disclosure.Figure `json:"undelivered"` // text messages that the network gave up
}

// outcome is what happened to an issue's messages, in exact numbers.
type outcome struct {
	Recipients, Accepted, InDigests, AwaitingDigest, Refused, Later, Waiting int64
	Suppressed, Withdrawn, Cancelled, Retried, Returned, Complaints          int64

	delay    delivery.Delay
	batches  []delivery.Batch
	channels []delivery.Progress // of each batch
	reasons  []reasonCount
	returns  []delivery.ReturnCount
}

// reasonCount is the number of messages in a state for a reason.
type reasonCount struct {
	state, reason string
	n             int64
}

// addDelivery adds what happened to the messages.
func (r *Room) addDelivery(ctx context.Context, i Issue, s *outcome) error {
	batches, err := r.Batches(ctx, i.ID)
	if err != nil {
		return err
	}
	all, err := r.progressOf(ctx, batches)
	if err != nil {
		return err
	}
	s.batches, s.channels = batches, all
	p := delivery.Together(all...)
	s.delay = p.Delay
	s.Recipients, s.Accepted, s.Refused, s.Later, s.Waiting = p.Messages, p.Sent, p.Refused, p.Later, p.Waiting
	s.Suppressed, s.Withdrawn, s.Cancelled, s.Retried = p.Suppressed, p.Withdrawn, p.Cancelled, p.Retried
	for _, reason := range p.Reasons {
		s.reasons = append(s.reasons, reasonCount{string(reason.State), string(reason.Reason), reason.Count})
	}
	if err := r.addDigests(ctx, i, p.Kept, s); err != nil {
		return err
	}
	s.Returned, s.Complaints, s.returns = p.Returned(), p.Complaints(), p.Returns
	return nil
}

// addReason adds to the number of failures for a reason.
func (s *outcome) addReason(more reasonCount) {
	for n, known := range s.reasons {
		if known.state == more.state && known.reason == more.reason {
			s.reasons[n].n += more.n
			return
		}
	}
	s.reasons = append(s.reasons, more)
}

// addDigests adds what happened to the issue in digests. kept messages are in its own ledger as well.
func (r *Room) addDigests(ctx context.Context, i Issue, kept int64, s *outcome) error {
	queries := db.New(r.DB)
	waiting, err := queries.WaitingForSlot(ctx, i.ID)
	if err != nil {
		return err
	}
	rows, err := queries.Digested(ctx, i.ID)
	if err != nil {
		return err
	}
	failures, err := queries.DigestFailures(ctx, i.ID)
	if err != nil {
		return err
	}
	s.Recipients += waiting - kept
	s.AwaitingDigest = waiting
	for _, f := range failures {
		s.addReason(reasonCount{f.State, f.Reason, f.People})
	}
	for _, row := range rows {
		s.Recipients += row.People
		switch delivery.State(row.State) {
		case delivery.Sent:
			s.InDigests += row.People
			s.Accepted += row.People
		case delivery.Refused:
			s.Refused += row.People
		case delivery.Suppressed:
			s.Suppressed += row.People
		case delivery.Cancelled:
			s.Cancelled += row.People
		case delivery.Waiting, delivery.Later:
			s.AwaitingDigest += row.People
		default:
			s.Withdrawn += row.People
		}
	}
	return nil
}

// happened is what happened in an hour.
type happened struct{ sent, clicks, opens int64 }

// addVisits adds what readers did, and the timeline.
func (r *Room) addVisits(ctx context.Context, i Issue, t teller, s *Statistics) error {
	queries := db.New(r.DB)
	links, err := queries.LinksOf(ctx, i.ID)
	if err != nil {
		return err
	}
	visits, err := queries.VisitsOf(ctx, i.ID)
	if err != nil {
		return err
	}
	hours := map[int64]happened{}
	raw, filtered := make([]int64, len(links)+1), make([]int64, len(links)+1) // index 0 is for openings
	for _, v := range visits {
		raw[v.N] += v.Visits
		filtered[v.N] += v.Filtered
		at := hours[v.Hour]
		if v.N == 0 {
			at.opens += v.Filtered
		} else {
			at.clicks += v.Filtered
		}
		hours[v.Hour] = at
	}
	s.Opens = Visits{t.did("opens raw", raw[0]), t.did("opens", filtered[0])}
	s.Links, s.Clicks = t.links(links, filtered[1:], raw[1:])
	sent, err := queries.SentByHour(ctx, db.SentByHourParams{Origin: Origin, Ref: i.ID})
	if err != nil {
		return err
	}
	for _, row := range sent {
		hour := row.Hour * time.Hour.Milliseconds()
		at := hours[hour]
		at.sent += row.N
		hours[hour] = at
	}
	s.Timeline = t.timeline(hours, s.Clicks.Filtered)
	return nil
}
