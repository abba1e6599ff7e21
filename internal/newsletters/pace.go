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

// Rhythm is how somebody wants to be written to, beside the pace of each of her subscriptions.
type Rhythm struct {
	Profile   Pace      `json:"profile"`               // of what comes by profile
	Paused    time.Time `json:"paused_until,omitzero"` // nothing comes before; zero, or past, while nothing is paused
	MostAWeek int       `json:"most_a_week,omitempty"` // messages; 0 is as many as the town allows
}

// Rhythm is how the person wants to be written to.
func (r *Room) Rhythm(ctx context.Context, person int64) (Rhythm, error) {
	_, rhythm, err := rhythmOf(ctx, r.DB, person)
	if !rhythm.Paused.After(r.Clock.Now()) {
		rhythm.Paused = time.Time{}
	}
	return rhythm, err
}

// rhythmOf is her rhythm, and whether she ever said anything about it.
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

// Slots are the town's slots, as it has them now.
func (r *Room) Slots() Slots {
	t := r.Town.Town()
	return Slots{Digests: t.Digests, Zone: t.Zone()}
}

// Choice is what somebody says on the page of her pace.
type Choice struct {
	Paces     map[string]Pace // of subscriptions that reach her by e-mail, by slug; who is not named stays as she is
	Profile   Pace
	MostAWeek int // 0 is as many as the town allows
}

// MostChoice is the greatest number of messages a week that somebody may choose: the town's own, or twenty where it has none.
func (r *Room) MostChoice() int {
	if most := r.Town.Town().Digests.MostAWeek; most > 0 {
		return most
	}
	return 20
}

// ChooseRhythm makes the person's paces and her bound what she chose. What already waits for the week's end goes with the
// next daily mail where she wants it sooner: nothing is lost, and nothing comes twice. A newsletter to which she is not
// subscribed by e-mail any more is passed over. Faults: newsletters.pace.unknown, newsletters.most.range on the field
// most_a_week.
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

// choosePace gives a subscription another pace: the old row ends, a new one begins, which says when she first subscribed.
func (r *Room) choosePace(ctx context.Context, tx *storage.Tx, s Subscription, p Pace) error {
	queries, by := db.New(tx), actorName(ctx)
	ended, err := queries.EndOnChannel(ctx, db.EndOnChannelParams{
		PersonID: s.Person, Newsletter: s.Newsletter, Channel: string(s.Channel), EndedAt: r.now(), EndedHow: "pace", EndedBy: by,
	})
	if err != nil || ended == 0 { // nothing stands whose pace could change
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

// longestPause is how far ahead a pause may end.
const longestPause = 365 * 24 * time.Hour

// dayForm is how a form gives a day (HTML's date).
const dayForm = "2006-01-02"

// Pause lets nothing come to the person before a day of the town's calendar begins ("2026-12-05"), urgent issues apart.
// What waits for her digest is let go: it can be read in the archive, as all that is published meanwhile. Faults, on the
// field until: newsletters.pause.malformed, newsletters.pause.past, newsletters.pause.far.
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

// EndPause ends the person's pause at once.
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

// letGo forgets what waits for the person's next digest, of one newsletter or, with "", of all.
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

// holdIssues takes the rows of issues, which come before what hangs on them. They are in the order of their numbers.
func holdIssues(ctx context.Context, tx *storage.Tx, issues []int64) error {
	for _, issue := range issues {
		if err := db.New(tx).HoldIssue(ctx, issue); err != nil {
			return err
		}
	}
	return nil
}

// released marks those of the issues sent that nobody is owed any more.
func (r *Room) released(ctx context.Context, tx *storage.Tx, issues []int64) error {
	for _, issue := range issues {
		if err := r.Finished(ctx, tx, issue); err != nil {
			return err
		}
	}
	return nil
}
