package newsletters

import (
	"context"
	"strconv"
	"strings"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/fault"
	"unoxuno/internal/journal"
	"unoxuno/internal/newsletters/db"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
)

// Rhythm is how a person wants to receive messages, besides the pace of each subscription.
type Rhythm struct {
	Profile   Pace      `json:"profile"`               // of what comes by profile
	Paused    time.Time `json:"paused_until,omitzero"` // nothing comes before; zero, or past, if not paused
	MostAWeek int       `json:"most_a_week,omitempty"` // messages; 0 means as many as the town allows
}

// Rhythm returns how the person wants to receive messages.
func (r *Room) Rhythm(ctx context.Context, person int64) (Rhythm, error) {
	_, rhythm, err := rhythmOf(ctx, r.DB, person)
	if !rhythm.Paused.After(r.Clock.Now()) {
		rhythm.Paused = time.Time{}
	}
	return rhythm, err
}

// rhythmOf returns her rhythm, and whether she ever chose one.
func rhythmOf(ctx context.Context, q storage.Queryer, person int64) (said bool, rhythm Rhythm, err error) {
	row, err := db.New(q).RhythmOf(ctx, person)
	if storage.None(err) {
		return false, Rhythm{Profile: AtOnce}, nil
	}
	return err == nil, Rhythm{Profile: Pace(row.Pace), Paused: clock.Time(row.PausedUntil), MostAWeek: int(row.MostAWeek)}, err
}

func putRhythm(ctx context.Context, tx *storage.Tx, person int64, rhythm Rhythm) error {
	return db.New(tx).PutRhythm(ctx, db.PutRhythmParams{
		PersonID: person, Pace: string(rhythm.Profile), PausedUntil: clock.Millis(rhythm.Paused), MostAWeek: int64(rhythm.MostAWeek),
	})
}

// Slots returns the town's current slots.
func (r *Room) Slots() Slots {
	t := r.Town.Town()
	return Slots{Digests: t.Digests, Zone: t.Zone()}
}

// Choice is what a person chooses on the page of her pace.
type Choice struct {
	Paces     map[string]Pace // of e-mail subscriptions, by slug; others stay unchanged
	Profile   Pace
	MostAWeek int // 0 means as many as the town allows
}

// MostChoice returns the largest limit a week that a person may choose: the town's own, or twenty if it has none.
func (r *Room) MostChoice() int {
	if most := r.Town.Town().Digests.MostAWeek; most > 0 {
		return most
	}
	return 20
}

// ChooseRhythm stores the person's paces and limit. If she wants something sooner that waits for the end of the week,
// it goes with the next daily mail: nothing is lost, and nothing comes twice. A newsletter to which she is no longer
// subscribed by e-mail is skipped. Faults: newsletters.pace.unknown, newsletters.most.range on the field most_a_week.
func (r *Room) ChooseRhythm(ctx context.Context, person int64, c Choice) error {
	for _, p := range c.Paces {
		if !p.known() {
			return fault.Invalid("newsletters.pace.unknown", "Text", string(p))
		}
	}
	if !c.Profile.known() {
		return fault.Invalid("newsletters.pace.unknown", "Text", string(c.Profile)).On("profile")
	}
	if most := r.MostChoice(); c.MostAWeek < 0 || c.MostAWeek > most {
		return fault.Invalid("newsletters.most.range", "Max", most).On("most_a_week")
	}
	return r.DB.Tx(ctx, func(tx *storage.Tx) error {
		if err := r.holding(ctx, tx, person); err != nil {
			return err
		}
		_, rhythm, err := rhythmOf(ctx, tx, person)
		if err != nil {
			return err
		}
		if c.Profile != rhythm.Profile && c.Profile != Weekly {
			if err := db.New(tx).HastenProfile(ctx, person); err != nil {
				return err
			}
		}
		rhythm.Profile, rhythm.MostAWeek = c.Profile, c.MostAWeek
		if err := putRhythm(ctx, tx, person, rhythm); err != nil {
			return err
		}
		standing, err := subscriptionsOf(ctx, tx, person)
		if err != nil {
			return err
		}
		for _, s := range standing {
			chosen, asked := c.Paces[s.Newsletter]
			if !asked || !s.Standing() || s.Channel != people.Email || chosen == s.Pace {
				continue
			}
			if err := r.choosePace(ctx, tx, s, chosen); err != nil {
				return err
			}
		}
		return nil
	})
}

func (p Pace) known() bool { return p == AtOnce || p == Daily || p == Weekly }

// choosePace changes the pace of a subscription: the old row ends, and a new one begins that keeps the date of the
// first subscription.
func (r *Room) choosePace(ctx context.Context, tx *storage.Tx, s Subscription, p Pace) error {
	queries, by := db.New(tx), actorName(ctx)
	ended, err := queries.EndOnChannel(ctx, db.EndOnChannelParams{
		PersonID: s.Person, Newsletter: s.Newsletter, Channel: string(s.Channel), EndedAt: r.now(), EndedHow: "pace", EndedBy: by,
	})
	if err != nil || ended == 0 { // no current subscription
		return err
	}
	if p != Weekly {
		if err := queries.HastenSubscribed(ctx, db.HastenSubscribedParams{PersonID: s.Person, Newsletter: s.Newsletter}); err != nil {
			return err
		}
	}
	_, err = queries.AddSubscription(ctx, db.AddSubscriptionParams{
		ID: storage.NewID(), PersonID: s.Person, Newsletter: s.Newsletter, Channel: string(s.Channel), BeganAt: clock.Millis(s.Began),
		BeganHow: s.How, BeganBy: by, Pace: string(p),
	})
	return err
}

// longestPause is the longest pause.
const longestPause = 365 * 24 * time.Hour

// dayForm is the format of a day in forms (HTML's date).
const dayForm = "2006-01-02"

// Pause stops all messages to the person, except urgent issues, before a day of the town's calendar ("2026-12-05").
// What waits for her digest is dropped: like everything published meanwhile it can be read in the archive. Faults, on
// the field until: newsletters.pause.malformed, newsletters.pause.past, newsletters.pause.far.
func (r *Room) Pause(ctx context.Context, person int64, until string) error {
	day, err := time.ParseInLocation(dayForm, strings.TrimSpace(until), r.Town.Town().Zone())
	now := r.Clock.Now()
	switch {
	case err != nil:
		return fault.Invalid("newsletters.pause.malformed", "Text", until).On("until")
	case !day.After(now):
		return fault.Invalid("newsletters.pause.past").On("until")
	case day.After(now.Add(longestPause)):
		return fault.Invalid("newsletters.pause.far").On("until")
	}
	return r.DB.Tx(ctx, func(tx *storage.Tx) error {
		if err := r.paused(ctx, tx, person, day); err != nil {
			return err
		}
		return r.letGo(ctx, tx, person, "")
	})
}

// EndPause ends the person's pause.
func (r *Room) EndPause(ctx context.Context, person int64) error {
	return r.DB.Tx(ctx, func(tx *storage.Tx) error { return r.paused(ctx, tx, person, time.Time{}) })
}

func (r *Room) paused(ctx context.Context, tx *storage.Tx, person int64, until time.Time) error {
	if err := r.holding(ctx, tx, person); err != nil {
		return err
	}
	_, rhythm, err := rhythmOf(ctx, tx, person)
	if err != nil {
		return err
	}
	rhythm.Paused = until
	fact := journal.Fact{Matter: pauseMatter, Back: until.IsZero(), Detail: strconv.FormatInt(clock.Millis(until), 10)}
	if err := r.People.Note(ctx, tx, person, fact); err != nil {
		return err
	}
	return putRhythm(ctx, tx, person, rhythm)
}

// letGo drops what waits for the person's next digest, of one newsletter or, with "", of all.
func (r *Room) letGo(ctx context.Context, tx *storage.Tx, person int64, newsletter string) error {
	queries := db.New(tx)
	owed, err := queries.KeptFor(ctx, db.KeptForParams{Person: person, Newsletter: newsletter})
	if err != nil {
		return err
	}
	if err := holdIssues(ctx, tx, owed); err != nil {
		return err
	}
	for _, issue := range owed {
		if err := queries.LetGo(ctx, db.LetGoParams{PersonID: person, Issue: issue}); err != nil {
			return err
		}
	}
	return r.released(ctx, tx, owed)
}

// holdIssues locks the rows of issues, which come before the rows that depend on them, in the order of their numbers.
func holdIssues(ctx context.Context, tx *storage.Tx, issues []int64) error {
	for _, issue := range issues {
		if err := db.New(tx).HoldIssue(ctx, issue); err != nil {
			return err
		}
	}
	return nil
}

// released marks those of the issues as sent that nobody waits for any more.
func (r *Room) released(ctx context.Context, tx *storage.Tx, issues []int64) error {
	for _, issue := range issues {
		if err := r.Finished(ctx, tx, issue); err != nil {
			return err
		}
	}
	return nil
}
