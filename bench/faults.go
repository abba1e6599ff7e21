package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"unoxuno/bench/record"
	"unoxuno/bench/rig"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/storage"
)

func faultsMeasure() measure {
	return measure{
		name: "faults", title: "What breaks, and who is lost",
		about: "An issue to everybody in town while something breaks; `unoxuno issue send --wait` is given again until it ends with 0. " +
			"Lost are people without a mail at the end; repeats are mails beyond one for each. Allowed are the messages in flight at " +
			"each kill (256 for each process), those whose acknowledgement was lost, and otherwise none. The numbers shown by " +
			"`unoxuno issue stats` are compared with what the mail server counted. Each row is one run.",
		take: takeFaults,
	}
}

// fault is something that breaks.
type fault struct {
	name     string
	sink     func(t *trial) deliverytest.Options // how the mail server misbehaves; nil: it does not
	house    func(ctx context.Context, t *trial) (*rig.House, error)
	during   func(ctx context.Context, t *trial) error // sends until nobody is owed anything; nil: just so
	refused  int                                       // people who cannot be sent to
	only     *storage.Engine                           // nil: both
	impaired func() string                             // why it cannot be tried here; nil or "": it can
}

// trial is one fault on one engine.
type trial struct {
	*bench
	fault
	engine  storage.Engine
	people  int
	sink    *deliverytest.Sink
	house   *rig.House
	allowed int64 // repeats
	runs    int   // times that the sending was begun
	codes   map[int]int
	notes   []string
	meter   *meter
}

// retryFirst is how soon what was put off is tried again.
const retryFirst = 200 * time.Millisecond

// takeFaults tries every fault on every engine that it concerns, some beside each other, for many of them mostly wait.
func takeFaults(ctx context.Context, b *bench) error {
	var trials []*trial
	for _, engine := range b.engines() {
		if _, err := b.Fixture(ctx, engine, b.plan.faults.town); err != nil {
			return err
		}
		for _, f := range faults(b.plan.faults) {
			if f.only != nil && *f.only != engine {
				continue
			}
			if f.impaired != nil && f.impaired() != "" {
				b.skip(f.name + ": " + f.impaired())
				continue
			}
			trials = append(trials, &trial{
				bench: b, fault: f, engine: engine, people: b.plan.faults.town, codes: map[int]int{}, meter: newMeter(),
			})
		}
	}
	rows, failed := make([]record.Row, len(trials)), make([]error, len(trials))
	var trying errgroup.Group
	trying.SetLimit(b.plan.faults.beside)
	for i, t := range trials {
		trying.Go(func() error {
			begun := time.Now()
			rows[i], failed[i] = t.run(ctx)
			tell("  %s, %s: %v", t.name, t.engine, time.Since(begun).Round(time.Second/10))
			return nil
		})
	}
	_ = trying.Wait() // each trial's error is kept beside its row
	for i, row := range rows {
		if failed[i] != nil {
			failed[i] = fmt.Errorf("%s: not brought to an end: %w", row.Name, failed[i])
			tell("  FAILED %v", failed[i])
		}
	}
	b.result.Rows = append(b.result.Rows, rows...)
	return errors.Join(failed...)
}

// run tries the fault, and counts.
func (t *trial) run(ctx context.Context) (record.Row, error) {
	row := record.Row{Name: fmt.Sprintf("%s, %s", t.name, t.engine)}
	options := deliverytest.Options{}
	if t.fault.sink != nil {
		options = t.fault.sink(t)
	}
	options.Keep = -1
	options.Rule = t.meter.rule(options.Rule)
	sink, err := deliverytest.Start(options)
	if err != nil {
		return row, err
	}
	t.sink = sink
	defer func() { _ = sink.Close() }()
	if err := t.build(ctx); err != nil {
		return row, err
	}
	defer func() { _ = t.house.Remove() }() // the rig's folder is removed in the end
	if t.during == nil {
		err = t.untilDone(ctx)
	} else {
		err = t.during(ctx, t)
	}
	return row, errors.Join(err, t.count(ctx, &row))
}

// build builds the house that the fault happens to.
func (t *trial) build(ctx context.Context) (err error) {
	if t.fault.house != nil {
		t.house, err = t.fault.house(ctx, t)
	} else {
		var town *rig.Fixture
		if town, err = t.Fixture(ctx, t.engine, t.people); err == nil {
			t.house, err = town.Copy(ctx)
		}
	}
	if err != nil {
		return err
	}
	t.house = t.house.With("smtp_url", t.sink.URL()).With("smtp_conns", conns).With("retry_first", retryFirst.String())
	return nil
}

// count fills the row with what came of it.
func (t *trial) count(ctx context.Context, row *record.Row) error {
	received := t.sink.ByRecipient()
	repeats, ids := int64(0), len(t.sink.ByMessage())
	for _, n := range received {
		repeats += int64(n - 1)
	}
	stats, err := t.house.Stats(ctx)
	if err != nil {
		return err
	}
	equal := stats.State == "sent" && stats.Recipients == int64(t.people) && stats.Accepted == int64(len(received)) &&
		stats.Refused == int64(t.refused) && stats.Later+stats.Waiting == 0
	row.Add("people", "", float64(t.people), nil)
	row.Add("mails refused or dropped", "", float64(t.meter.misbehaved()), nil)
	row.Add("times begun", "", float64(t.runs), nil)
	row.Add("lost", "", float64(t.people-t.refused-len(received)), record.Exactly(0))
	row.Add("repeats", "", float64(repeats), record.AtMost(float64(t.allowed)))
	row.Add("allowed", "", float64(t.allowed), nil)
	row.Add("numbers shown are wrong", "", truth(!equal), record.Exactly(0))
	row.Add("repeats under another Message-ID", "", float64(ids-len(received)), record.Exactly(0))
	if !equal {
		t.notes = append(t.notes, fmt.Sprintf("shown: %+v; the mail server counted %d people", stats, len(received)))
	}
	row.Notes = append(row.Notes, t.notes...)
	return nil
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// note adds to what is to be known of the row.
func (t *trial) note(format string, args ...any) {
	t.notes = append(t.notes, fmt.Sprintf(format, args...))
}

// inFlight is how many messages one killed process may repeat.
const inFlight = delivery.InFlight
