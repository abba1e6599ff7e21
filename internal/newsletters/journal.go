package newsletters

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"unoxuno/internal/clock"
	"unoxuno/internal/fault"
	"unoxuno/internal/journal"
	"unoxuno/internal/newsletters/db"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
)

// The matters of the room's journal entries.
const (
	leftMatter  = "newsletter/"   // she left a newsletter: newsletter/teatro
	endedMatter = "subscription/" // one ended without an opt-out: subscription/teatro, subscription/teatro/sms
	pauseMatter = "pause"         // the detail is its end in unix milliseconds
)

func leftFact(newsletter string) journal.Fact { return journal.Fact{Matter: leftMatter + newsletter} }

// endedFacts says that the subscriptions to the newsletters ended on a channel, or on all if it is "".
func endedFacts(newsletters []string, channel people.Channel) []journal.Fact {
	facts := make([]journal.Fact, len(newsletters))
	for i, n := range newsletters {
		facts[i].Matter = endedMatter + n
		if channel != "" {
			facts[i].Matter += "/" + string(channel)
		}
	}
	return facts
}

// backFacts says that a person is subscribed to the newsletter again, however she had left it.
func backFacts(newsletter string) []journal.Fact {
	facts := append(endedFacts([]string{newsletter}, ""), leftFact(newsletter))
	for _, channel := range people.Channels() {
		facts = append(facts, endedFacts([]string{newsletter}, channel)...)
	}
	for i := range facts {
		facts[i].Back = true
	}
	return facts
}

// noteReturned records which of the people who subscribed in bulk are subscribed again.
func (r *Room) noteReturned(ctx context.Context, tx *storage.Tx) error {
	returned, err := db.New(tx).ReturnedAsked(ctx)
	for _, row := range returned {
		if err == nil {
			err = r.People.Note(ctx, tx, row.PersonID, backFacts(row.Newsletter)...)
		}
	}
	return err
}

// TakeAgain repeats what the person ended after this copy of the database was made, according to the journal's facts.
// found is false if the copy does not know her.
func (r *Room) TakeAgain(ctx context.Context, tx *storage.Tx, person int64, facts []journal.Fact) (found bool, err error) {
	if found, err = r.People.Hold(ctx, tx, person); err != nil || !found {
		return false, err
	}
	if err := r.People.TakeAgain(ctx, tx, person, facts); err != nil {
		return true, err
	}
	for _, f := range facts {
		if err := r.takeAgain(ctx, tx, person, f); err != nil {
			return true, fmt.Errorf("newsletters: %s again: %w", f.Matter, err)
		}
	}
	if err := r.People.Changed(ctx, tx, person); err != nil {
		return true, err
	}
	return true, r.Identity.Audit(ctx, tx, "audit.person.left_again", fmt.Sprintf("person %d", person), "")
}

func (r *Room) takeAgain(ctx context.Context, tx *storage.Tx, person int64, f journal.Fact) error {
	if newsletter, ok := strings.CutPrefix(f.Matter, leftMatter); ok {
		_, err := r.leave(ctx, tx, Leaving{Person: person, Newsletter: newsletter, How: journal.Again})
		if fault.KindOf(err) == fault.KindNotFound { // the newsletter is newer than the copy
			return nil
		}
		return err
	}
	if ended, ok := strings.CutPrefix(f.Matter, endedMatter); ok {
		newsletter, only, _ := strings.Cut(ended, "/")
		for _, channel := range people.Channels() {
			if only != "" && only != string(channel) {
				continue
			}
			if _, err := db.New(tx).EndOnChannel(ctx, db.EndOnChannelParams{
				PersonID: person, Newsletter: newsletter, Channel: string(channel), EndedAt: r.now(), EndedHow: journal.Again, EndedBy: actorName(ctx),
			}); err != nil {
				return err
			}
		}
		return r.People.Note(ctx, tx, person, f)
	}
	if f.Matter == pauseMatter {
		until, err := strconv.ParseInt(f.Detail, 10, 64)
		if err != nil || !clock.Time(until).After(r.Clock.Now()) {
			return err
		}
		return r.paused(ctx, tx, person, clock.Time(until))
	}
	return nil
}

// Upcoming is what the room will send by itself after a hold.
type Upcoming struct {
	Scheduled int64 // issues
	Digests   int64 // people who wait for a digest
}

// Upcoming counts what waits for its time.
func (r *Room) Upcoming(ctx context.Context) (w Upcoming, err error) {
	queries := db.New(r.DB)
	if w.Scheduled, err = queries.CountScheduled(ctx); err != nil {
		return w, err
	}
	w.Digests, err = queries.CountOwedDigests(ctx)
	return w, err
}
