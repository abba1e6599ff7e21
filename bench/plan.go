package main

import (
	"context"
	"slices"
	"time"

	"unoxuno/bench/record"
	"unoxuno/bench/rig"
	"unoxuno/internal/storage"
)

// plan is how much is measured.
type plan struct {
	runs     int           // of each figure
	town     int           // people an issue is sent to
	signed   int           // the same, when each mail is signed twice
	large    int           // people of a large sending
	imports  int           // rows of an import
	beside   int           // rows of an import beside a server
	far      int           // messages to a relay that is far off
	shared   int           // the same, shared by several nodes
	sessions []int         // of smtp-source, of which the best counts
	crowd    int           // people whom audiences are counted among
	counts   int           // audiences counted
	visits   time.Duration // for how long links are followed
	idle     time.Duration // before idle memory is read
	growth   []int         // people
	region   int           // people of the largest place, once
	faults   faultPlan
}

// faultPlan is how hard things break.
type faultPlan struct {
	town   int // people
	kills  int // kill -9, one after the other
	stops  int // SIGTERM
	away   time.Duration
	stall  time.Duration
	greet  time.Duration
	room   []int64       // bytes left on the disk, each tried
	within time.Duration // a sending must have reached everybody
	beside int           // faults tried at the same time
}

func planFor(o options) plan {
	p := plan{
		runs: 3, town: 100_000, signed: 10_000, large: 1_000_000, imports: 1_000_000, beside: 100_000, far: 4000, shared: 10_000, sessions: []int{8, 32}, crowd: 1_000_000,
		counts: 2000, visits: 10 * time.Second, idle: time.Minute, growth: []int{10_000, 100_000, 1_000_000}, region: 5_000_000,
		faults: faultPlan{
			town: 100_000, kills: 20, stops: 5, away: 2 * time.Minute, stall: 30 * time.Second, greet: 5 * time.Second,
			room: []int64{8 << 20, 2 << 20}, within: 20 * time.Minute, beside: 2,
		},
	}
	if o.large {
		p.town = p.large
	}
	if o.quick {
		p = plan{ // of few sizes: making a town takes longer than sending to it
			runs: 1, town: 1000, signed: 1000, large: 4000, imports: 4000, beside: 4000, far: 150, shared: 150, sessions: []int{8}, crowd: 4000,
			counts: 200, visits: time.Second, idle: time.Second, growth: []int{1000}, region: 4000,
			faults: faultPlan{
				town: 1000, kills: 2, stops: 2, away: 4 * time.Second, stall: 2 * time.Second, greet: time.Second,
				room: []int64{128 << 10, 64 << 10}, within: 2 * time.Minute, beside: 12,
			},
		}
	}
	if o.runs > 0 {
		p.runs = o.runs
	}
	if o.people > 0 {
		p.town, p.signed = o.people, max(1000, o.people/10)
	}
	if o.rows > 0 {
		p.imports, p.beside = o.rows, o.rows
	}
	return p
}

// measure is one thing that is measured.
type measure struct {
	name, title string
	about       string // what is done, for the reader of the table
	take        func(ctx context.Context, b *bench) error
}

// measures are all, in the order in which they are taken and shown.
func measures() []measure {
	return []measure{
		sendingMeasure(), farMeasure(), millionMeasure(), importMeasure(), besideMeasure(), audienceMeasure(), visitsMeasure(), officeMeasure(), nodesMeasure(),
		idleMeasure(), faultsMeasure(), growthMeasure(), regionMeasure(),
	}
}

func names() (list []string) {
	for _, m := range measures() {
		list = append(list, m.name)
	}
	return list
}

// bench is what a measure is given, and what it fills.
type bench struct {
	*rig.Rig

	plan   plan
	known  known
	result record.Result
}

// skip says what is not measured here, and why.
func (b *bench) skip(text string) {
	if !slices.Contains(b.result.Skipped, text) {
		b.result.Skipped = append(b.result.Skipped, text)
	}
}

// speed is what is wanted of a speed or a size: nothing where towns are so small that it would say nothing.
func (b *bench) speed(w *record.Wanted) *record.Wanted {
	if b.result.Quick {
		return nil
	}
	return w
}

// row is the row with that name, made when there is none.
func (b *bench) row(name string) *record.Row {
	for i := range b.result.Rows {
		if b.result.Rows[i].Name == name {
			return &b.result.Rows[i]
		}
	}
	b.result.Rows = append(b.result.Rows, record.Row{Name: name})
	return &b.result.Rows[len(b.result.Rows)-1]
}

// engines are those that can be measured here.
func (b *bench) engines() []storage.Engine {
	if rig.PostgresBin() == "" {
		b.skip("PostgreSQL: " + rig.ErrNoPostgres.Error())
		return []storage.Engine{storage.SQLite}
	}
	return []storage.Engine{storage.SQLite, storage.Postgres}
}

// everyEngine does what is measured, as often as there are runs, on each engine in turn: what drifts on the machine
// meets them all.
func (b *bench) everyEngine(do func(engine storage.Engine, name string, run int) error) error {
	for run := range b.plan.runs {
		for _, engine := range b.engines() {
			if err := do(engine, engine.String(), run); err != nil {
				return err
			}
		}
	}
	return nil
}
