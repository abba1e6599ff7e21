package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"unoxuno/bench/record"
	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
	"unoxuno/internal/taxonomy"
)

func audienceMeasure() measure {
	return measure{
		name: "audience", title: "Counting an audience",
		about: "Eight audiences of three conditions, in turn, counted by the room of people within this process, which keeps the " +
			"index as `unoxuno serve` does. The index is made once, when somebody counts for the first time.",
		take: func(ctx context.Context, b *bench) error {
			return b.everyEngine(func(engine storage.Engine, name string, _ int) error {
				c, err := b.countAudiences(ctx, engine, b.plan.crowd, plainCounts)
				if err != nil {
					return err
				}
				row := b.row(fmt.Sprintf("%s, %d people", name, b.plan.crowd))
				row.Add("p50", "ms", milliseconds(c.p50), nil)
				row.Add("p99", "ms", milliseconds(c.p99), b.speed(record.AtMost(wantedCount)))
				row.Add("p99 without index", "ms", milliseconds(c.plain), nil)
				row.Add("index made in", "s", c.made.Seconds(), nil)
				row.Add("index", "MB", float64(c.bytes)/(1<<20), nil)
				return nil
			})
		},
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// expressions are audiences of three conditions as editors write them.
func expressions() []string {
	return []string{
		`"genitore" in who and "teatro" in wants and age >= 18`,
		`"genitore" in who and not (place == "fuori-comune") and age in 30..45`,
		`"teatro" in wants and place in ["centro-storico", "san-lazzaro"] and "email" in channels`,
		`"sipario" in subscribed and language == "it" and since < "2024-01-01"`,
		`("biblioteca" in wants or "teatro" in wants) and kind == "person" and "sms" in channels`,
		`not ("genitore" in who) and age < 30 and "biblioteca" in wants`,
		`place != "centro-storico" and since >= "2021-06-01" and "tutti" not in subscribed`,
		`kind == "organisation" or language == "en" or age > 75`,
	}
}

// counting is what counting audiences takes.
type counting struct {
	p50, p99 time.Duration // of one count, from the index
	plain    time.Duration // p99 from the database, as a command counts that keeps no index; 0 when it did not
	made     time.Duration // the index, in this long
	bytes    uint64        // of its memory
}

// plainCounts is how often each audience is counted by the database: often enough to see, seldom enough to wait for.
const plainCounts = 3

// countAudiences counts among that many people, from the index and so often, without.
func (b *bench) countAudiences(ctx context.Context, engine storage.Engine, many, plain int) (c counting, err error) {
	town, err := b.Fixture(ctx, engine, many)
	if err != nil {
		return c, err
	}
	h, err := town.Copy(ctx)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, h.Remove()) }()
	db, err := storage.Open(ctx, h.Database)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	ctx = access.With(ctx, access.Actor{Kind: access.Console, Name: "bench"})
	room := people.New(db, clock.System{}, taxonomy.New(db), func() people.Town { return people.Town{Region: "IT", Languages: []string{"it", "en"}} })
	room.PlugSubscriptions(newsletters.New(newsletters.Deps{DB: db, Clock: clock.System{}, People: room}, newsletters.Settings{}))
	var audiences []people.Audience
	for _, text := range expressions() {
		a, err := room.ParseAudience(ctx, text)
		if err != nil {
			return c, fmt.Errorf("%s: %w", text, err)
		}
		audiences = append(audiences, a)
	}
	if plain > 0 {
		if _, c.plain, err = timed(ctx, room, audiences, plain*len(audiences)); err != nil {
			return c, err
		}
	}
	if err := b.countIndexed(ctx, room, audiences, &c); err != nil {
		return c, err
	}
	b.known.counts.keep(engine, many, c)
	return c, nil
}

// countIndexed counts with an index.
func (b *bench) countIndexed(ctx context.Context, room *people.People, audiences []people.Audience, c *counting) (err error) {
	keeping, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	begun := time.Now()
	go func() { ended <- room.KeepIndex(keeping, people.IndexOptions{Log: slog.New(slog.DiscardHandler)}) }()
	defer func() {
		stop()
		err = errors.Join(err, <-ended)
	}()
	if err := room.IndexReady(ctx); err != nil {
		return err
	}
	c.made = time.Since(begun)
	if c.p50, c.p99, err = timed(ctx, room, audiences, b.plan.counts); err != nil {
		return err
	}
	held, bytes := room.IndexSize()
	if c.bytes = bytes; held == 0 {
		return errors.New("the index was given up while audiences were counted")
	}
	return nil
}

// timed counts the audiences in turn.
func timed(ctx context.Context, room *people.People, audiences []people.Audience, times int) (p50, p99 time.Duration, err error) {
	took := make([]time.Duration, times)
	for n := range times {
		begun := time.Now()
		if _, err := room.Count(ctx, audiences[n%len(audiences)]); err != nil {
			return 0, 0, err
		}
		took[n] = time.Since(begun)
	}
	slices.Sort(took)
	return took[times/2], took[times*99/100], nil
}
