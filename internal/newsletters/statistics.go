package newsletters

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/bounce"
	"unoxuno/internal/newsletters/db"
	"unoxuno/internal/people"
)

// A number of people below few is not shown, of a sensitive newsletter below fewSensitive: it could be one whom the
// reader knows.
const (
	few          = 5
	fewSensitive = 10
)

// Count is a number of what people did. A small one is not told.
type Count struct {
	Value int64 // 0 when it is not told
	Few   int64 // above 0: the number is between 1 and Few-1, and which is not told
}

func countOf(value, limit int64) Count {
	if value > 0 && value < limit {
		return Count{Few: limit}
	}
	return Count{Value: value}
}

// Shown tells whether Value is the number.
func (c Count) Shown() bool { return c.Few == 0 }

// MarshalJSON writes the number, or "<5".
func (c Count) MarshalJSON() ([]byte, error) {
	if !c.Shown() {
		return json.Marshal(fmt.Sprintf("<%d", c.Few))
	}
	return json.Marshal(c.Value)
}

// Visits are all visits, and those that seem people's; see Visit for the rule.
type Visits struct {
	Raw      Count `json:"raw"`
	Filtered Count `json:"filtered"`
}

// Readers are people, each counted once, of those who agreed that it is noted what they read.
type Readers struct {
	Read    Count `json:"read"`    // who opened the issue or followed a link
	Clicked Count `json:"clicked"` // who followed a link
}

// LinkVisits are the visits to one link.
type LinkVisits struct {
	N   int    `json:"n"`
	URL string `json:"url"`
	Visits
}

// Reason says how many messages were refused or put off, and why; the word is "delivery.reason." and the reason.
type Reason struct {
	State  string `json:"state"`
	Reason string `json:"reason"`
	Count  int64  `json:"count"`
}

// Returned says how many messages came back, and why; the words are "delivery.return.kind." and the kind, and
// "delivery.return." and the reason.
type Returned struct {
	Kind   bounce.Kind   `json:"kind"` // hard or soft
	Reason bounce.Reason `json:"reason"`
	Count  int64         `json:"count"`
}

// Point is what happened in a stretch of time since sending began.
type Point struct {
	From   time.Time `json:"from"`
	Hours  int       `json:"hours"` // how long it is
	Sent   int64     `json:"sent"`
	Clicks Count     `json:"clicks"` // filtered
	Opens  Count     `json:"opens"`  // filtered
}

// Statistics are the numbers of an issue. What happened to messages is told to the unit; what people did is told in
// aggregate, and not at all below a few.
type Statistics struct {
	Issue      string    `json:"issue"` // "newsletter/slug"
	State      State     `json:"state"`
	Sent       time.Time `json:"sent,omitzero"` // when sending began
	Recipients int64     `json:"recipients"`    // at once or in a digest
	Accepted   int64     `json:"accepted"`      // by the receiving server
	InDigests  int64     `json:"in_digests"`    // of those accepted: together with other issues
	// AwaitingDigest are the recipients who get it with their next mail of several issues.
	AwaitingDigest int64          `json:"awaiting_digest"`
	Refused        int64          `json:"refused"`
	Later          int64          `json:"later"` // put off, and tried again
	Waiting        int64          `json:"waiting"`
	Suppressed     int64          `json:"suppressed"`
	Withdrawn      int64          `json:"withdrawn"` // who left, or withdrew consent, before it went
	Cancelled      int64          `json:"cancelled"`
	Retried        int64          `json:"retried"`        // tried more than once
	Delay          delivery.Delay `json:"delay,omitzero"` // what holds up its sending
	Channels       []OnChannel    `json:"channels"`
	Reasons        []Reason       `json:"reasons"`
	Returned       int64          `json:"returned"` // of those accepted: came back undelivered
	Returns        []Returned     `json:"returns"`
	Complaints     Count          `json:"complaints"` // who called it spam
	Clicks         Visits         `json:"clicks"`
	Opens          Visits         `json:"opens"`
	Readers        Readers        `json:"readers"`
	Links          []LinkVisits   `json:"links"`
	Unsubscribed   Count          `json:"unsubscribed"` // by a link of this issue
	Timeline       []Point        `json:"timeline"`
}

// Statistics are the numbers of an issue. It asks access.ReadStatistics in its newsroom.
func (r *Room) Statistics(ctx context.Context, id int64) (Statistics, error) {
	i, n, err := anyIssueFor(ctx, r.DB, id, access.ReadStatistics)
	if err != nil {
		return Statistics{}, err
	}
	limit := int64(few)
	if n.Sensitive {
		limit = fewSensitive
	}
	s := Statistics{Issue: i.Newsletter + "/" + i.Slug, State: i.State, Sent: i.Sent, Reasons: []Reason{}, Returns: []Returned{}}
	if err := r.addDelivery(ctx, i, limit, &s); err != nil {
		return s, err
	}
	if err := r.addVisits(ctx, i, limit, &s); err != nil {
		return s, err
	}
	readers, err := db.New(r.DB).ReadersOf(ctx, id)
	if err != nil {
		return s, err
	}
	s.Readers = Readers{Read: countOf(readers.Readers, limit), Clicked: countOf(readers.Clicked, limit)}
	left, err := db.New(r.DB).LeftWith(ctx, id)
	s.Unsubscribed = countOf(left, limit)
	return s, err
}

// OnChannel is what became of an issue's messages on one channel.
type OnChannel struct {
	Channel     people.Channel `json:"channel"`
	Recipients  int64          `json:"recipients"` // without those who get it another way by now
	Accepted    int64          `json:"accepted"`   // by the receiving server, or by the gateway of text messages
	Refused     int64          `json:"refused"`
	Owed        int64          `json:"owed"`
	Delivered   int64          `json:"delivered,omitempty"`   // text messages that are on their telephone
	Undelivered int64          `json:"undelivered,omitempty"` // text messages that the network gave up
}

// addDelivery adds what became of the messages.
func (r *Room) addDelivery(ctx context.Context, i Issue, limit int64, s *Statistics) error {
	batches, err := r.Batches(ctx, i.ID)
	if err != nil {
		return err
	}
	all, err := r.progressOf(ctx, batches)
	if err != nil {
		return err
	}
	s.Channels = make([]OnChannel, len(batches))
	for n, p := range all {
		s.Channels[n] = OnChannel{
			Channel: people.Channel(batches[n].Channel), Recipients: p.Messages - p.Kept, Accepted: p.Sent, Refused: p.Refused, Owed: p.Owed(),
			Delivered: p.Delivered, Undelivered: p.Undelivered,
		}
	}
	p := delivery.Together(all...)
	s.Delay = p.Delay
	s.Recipients, s.Accepted, s.Refused, s.Later, s.Waiting = p.Messages, p.Sent, p.Refused, p.Later, p.Waiting
	s.Suppressed, s.Withdrawn, s.Cancelled, s.Retried = p.Suppressed, p.Withdrawn, p.Cancelled, p.Retried
	for _, reason := range p.Reasons {
		s.Reasons = append(s.Reasons, Reason{State: string(reason.State), Reason: string(reason.Reason), Count: reason.Count})
	}
	if err := r.addDigests(ctx, i, p.Kept, s); err != nil {
		return err
	}
	s.Returned, s.Complaints = p.Returned(), countOf(p.Complaints(), limit)
	for _, one := range p.Returns {
		if one.Kind == bounce.Hard || one.Kind == bounce.Soft {
			s.Returns = append(s.Returns, Returned(one))
		}
	}
	return nil
}

// addReason adds to the number of those who failed for a reason.
func (s *Statistics) addReason(more Reason) {
	for n, known := range s.Reasons {
		if known.State == more.State && known.Reason == more.Reason {
			s.Reasons[n].Count += more.Count
			return
		}
	}
	s.Reasons = append(s.Reasons, more)
}

// addDigests adds what became of the issue in digests. Of its own ledger kept messages are there a second time.
func (r *Room) addDigests(ctx context.Context, i Issue, kept int64, s *Statistics) error {
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
		s.addReason(Reason{State: f.State, Reason: f.Reason, Count: f.People})
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
func (r *Room) addVisits(ctx context.Context, i Issue, limit int64, s *Statistics) error {
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
	raw, filtered := make([]int64, len(links)+1), make([]int64, len(links)+1) // 0 are openings
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
	s.Opens = Visits{countOf(raw[0], limit), countOf(filtered[0], limit)}
	var allRaw, allFiltered int64
	s.Links = make([]LinkVisits, len(links))
	for at, link := range links {
		allRaw, allFiltered = allRaw+raw[at+1], allFiltered+filtered[at+1]
		s.Links[at] = LinkVisits{
			N: int(link.N), URL: link.Url, Visits: Visits{countOf(raw[at+1], limit), countOf(filtered[at+1], limit)},
		}
	}
	s.Clicks = Visits{countOf(allRaw, limit), countOf(allFiltered, limit)}
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
	s.Timeline = timeline(hours, limit)
	return nil
}

// maxPoints is how many points a chart shows well.
const maxPoints = 60

// timeline gathers hours into points of an hour, a day or a week, whichever keeps them few.
func timeline(hours map[int64]happened, limit int64) []Point {
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
	points := make([]Point, len(sums))
	for n, sum := range sums {
		points[n] = Point{
			From: clock.Time(first + int64(n)*length.Milliseconds()), Hours: int(length.Hours()), Sent: sum.sent,
			Clicks: countOf(sum.clicks, limit), Opens: countOf(sum.opens, limit),
		}
	}
	return points
}
