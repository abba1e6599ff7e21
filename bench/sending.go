package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"unoxuno/bench/rig"
	"unoxuno/internal/storage"
)

// conns is how many connections a sending has to a relay that is near.
const conns = "8"

func sendingMeasure() measure {
	return measure{
		name: "sending", title: "Sending",
		about: "An issue of about 6 kB to everybody in town, one mail each: `unoxuno issue send --wait`, start of the program " +
			"included, to Postfix's smtp-sink on the same machine. smtp-source sends as many messages of 6,000 bytes into the same " +
			"smtp-sink in the same run, over several numbers of sessions, of which the best counts. CPU is that of the program and " +
			"of PostgreSQL's server together.",
		take: func(ctx context.Context, b *bench) error {
			if !rig.HasPostfix() {
				b.skip(rig.ErrNoPostfix.Error())
				return nil
			}
			return b.everyEngine(func(engine storage.Engine, name string, _ int) error {
				best, err := b.bestSource(ctx, b.plan.town)
				if err != nil {
					return err
				}
				s, err := b.sendAll(ctx, engine, b.plan.town)
				if err != nil {
					return err
				}
				b.addSending(fmt.Sprintf("%s, %d people", name, b.plan.town), s, best)
				return nil
			})
		},
	}
}

// sent is what a sending to everybody cost.
type sent struct {
	rig.Usage
	many   int
	server time.Duration // processor time of PostgreSQL's server
	filled time.Duration // from the start until the whole ledger was there; 0 when nobody looked
	grown  int64         // by so many bytes the database
}

func (s sent) rate() float64 { return float64(s.many) / s.Wall.Seconds() }

func (b *bench) addSending(name string, s sent, best float64) {
	row := b.row(name)
	row.Add("messages", "a second", s.rate(), nil)
	row.Add("smtp-source's best", "a second", best, nil)
	row.Add("of smtp-source's best", "×", s.rate()/best, b.speed(wantRatio))
	row.Add("CPU", "s per 1,000", (s.CPU+s.server).Seconds()/float64(s.many)*1000, b.speed(wantCPU))
	row.Add("peak memory", "MB", megabytes(s.Peak), b.speed(wantPeak(s.many)))
}

// bestSource is the best rate that smtp-source reaches with that many messages into smtp-sink.
func (b *bench) bestSource(ctx context.Context, many int) (float64, error) {
	sink, err := b.Sink(ctx)
	if err != nil {
		return 0, err
	}
	defer sink.Close()
	best := 0.0
	for _, sessions := range b.plan.sessions {
		rate, err := sink.Source(ctx, b.Rig, sessions, many)
		if err != nil {
			return 0, err
		}
		best = max(best, rate)
	}
	return best, nil
}

// sendAll sends to a town of that many people on a new copy of it, into a smtp-sink, and checks that the numbers shown
// are what the sink counted.
func (b *bench) sendAll(ctx context.Context, engine storage.Engine, many int) (s sent, err error) {
	sink, err := b.Sink(ctx)
	if err != nil {
		return s, err
	}
	defer sink.Close()
	s, err = b.sendTo(ctx, engine, many, sink, map[string]string{"smtp_url": "smtp://" + sink.Addr, "smtp_conns": conns})
	if err == nil {
		b.known.sendings.keep(engine, many, s)
	}
	return s, err
}

// sendTo is sendAll to a sink that the settings lead to.
func (b *bench) sendTo(ctx context.Context, engine storage.Engine, many int, sink *rig.Postfix, settings map[string]string) (s sent, err error) {
	town, err := b.Fixture(ctx, engine, many)
	if err != nil {
		return s, err
	}
	h, err := town.Copy(ctx)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, h.Remove()) }()
	for name, value := range settings {
		h = h.With(name, value)
	}
	sink.Mark()
	before, err := h.Size(ctx)
	if err != nil {
		return s, err
	}
	server, err := b.serverTime(ctx, engine)
	if err != nil {
		return s, err
	}
	p, err := h.Start(ctx, h.SendArgs("--wait")...)
	if err != nil {
		return s, err
	}
	filled := watchFilling(ctx, h, p)
	if code, err := p.Wait(); err != nil {
		return s, err
	} else if code != 0 {
		return s, fmt.Errorf("issue send: exit %d: %s", code, p.Said())
	}
	s = sent{Usage: p.Usage(), many: many, filled: <-filled}
	if s.server, err = b.serverTime(ctx, engine); err != nil {
		return s, err
	}
	s.server -= server
	after, err := h.Size(ctx)
	if err != nil {
		return s, err
	}
	s.grown = after - before
	return s, checkNumbers(ctx, h, p.Out(), int64(many), sink)
}

// checkNumbers compares what the program shows with what the sink counted.
func checkNumbers(ctx context.Context, h *rig.House, shown []byte, many int64, sink *rig.Postfix) error {
	taken, _, _ := sink.Taken()
	var printed struct{ Messages, Sent int64 }
	if err := json.Unmarshal(shown, &printed); err != nil {
		return fmt.Errorf("issue send: %w: %s", err, shown)
	}
	stats, err := h.Stats(ctx)
	if err != nil {
		return err
	}
	if taken != many || printed.Messages != many || printed.Sent != many || stats.Accepted != many || stats.Recipients != many {
		return fmt.Errorf("sent to %d people: the sink has %d, `issue send` says %d of %d, `issue stats` says %d of %d",
			many, taken, printed.Sent, printed.Messages, stats.Accepted, stats.Recipients)
	}
	return nil
}

// serverTime is the processor time that the engine's server has taken so far.
func (b *bench) serverTime(ctx context.Context, engine storage.Engine) (time.Duration, error) {
	if engine == storage.SQLite {
		return 0, nil
	}
	c, err := b.Cluster(ctx)
	if err != nil {
		return 0, err
	}
	return c.CPU()
}

func megabytes(bytes int64) float64 { return float64(bytes) / (1 << 20) }
