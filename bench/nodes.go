package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"unoxuno/bench/rig"
	"unoxuno/internal/storage"
)

func nodesMeasure() measure {
	return measure{
		name: "nodes", title: "Several nodes",
		about: "One, two and three `unoxuno work` on one PostgreSQL, all on this machine, each with 8 connections of its own, wait; " +
			"`unoxuno issue send` gives them an issue. The rate is taken from the first message that smtp-sink counts to the last. " +
			"On few cores nodes and database share the processor; with a relay 20 ms away the line is what binds.",
		take: func(ctx context.Context, b *bench) error {
			switch {
			case rig.PostgresBin() == "":
				b.skip(rig.ErrNoPostgres.Error())
				return nil
			case !rig.HasPostfix():
				b.skip(rig.ErrNoPostfix.Error())
				return nil
			}
			for range b.plan.runs {
				for _, far := range []bool{false, true} {
					if err := b.oneTwoThree(ctx, far); err != nil {
						return err
					}
				}
			}
			return nil
		},
	}
}

// oneTwoThree compares the nodes with each other.
func (b *bench) oneTwoThree(ctx context.Context, far bool) error {
	where, many := "relay near", b.plan.town
	if far {
		where, many = "relay 20 ms away", b.plan.shared
	}
	alone := 0.0
	for nodes := 1; nodes <= 3; nodes++ {
		rate, err := b.nodes(ctx, nodes, many, far)
		if err != nil {
			return fmt.Errorf("%d nodes, %s: %w", nodes, where, err)
		}
		row := b.row(fmt.Sprintf("%s, %d messages, nodes: %d", where, many, nodes))
		row.Add("messages", "a second", rate, nil)
		if nodes == 1 {
			alone = rate
			row.Add("over one node", "×", 1, nil)
			continue
		}
		row.Add("over one node", "×", rate/alone, b.speed(wantNodes(nodes, far)))
	}
	return nil
}

// nodes is the rate of that many nodes together.
func (b *bench) nodes(ctx context.Context, nodes, many int, far bool) (rate float64, err error) {
	sink, err := b.Sink(ctx)
	if err != nil {
		return 0, err
	}
	defer sink.Close()
	addr := sink.Addr
	if far {
		proxy, end, err := slow(sink.Addr)
		if err != nil {
			return 0, err
		}
		defer end()
		addr = proxy
	}
	town, err := b.Fixture(ctx, storage.Postgres, many)
	if err != nil {
		return 0, err
	}
	h, err := town.Copy(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, h.Remove()) }()
	h = h.With("smtp_url", "smtp://"+addr).With("smtp_conns", conns)
	atWork, err := startNodes(ctx, h, nodes)
	defer func() { err = errors.Join(err, stopNodes(atWork)) }()
	if err != nil {
		return 0, err
	}
	sink.Mark()
	if _, err := h.Run(ctx, h.SendArgs()...); err != nil {
		return 0, err
	}
	if err := sink.Reached(ctx, int64(many), b.plan.faults.within); err != nil {
		return 0, err
	}
	if err := settled(ctx, h, many, b.plan.faults.within); err != nil {
		return 0, err
	}
	taken, first, last := sink.Taken()
	if taken != int64(many) {
		return 0, fmt.Errorf("the sink has %d mails for %d people", taken, many)
	}
	return float64(many) / last.Sub(first).Seconds(), nil
}

// startNodes starts nodes, and waits until each has said that it is at work.
func startNodes(ctx context.Context, h *rig.House, many int) (nodes []*rig.Process, err error) {
	for range many {
		addr, err := rig.FreeAddress(ctx)
		if err != nil {
			return nodes, err
		}
		p, err := h.With("metrics_listen", addr).Start(ctx, "work")
		if err != nil {
			return nodes, err
		}
		nodes = append(nodes, p)
		if err := answers(ctx, p, addr); err != nil {
			return nodes, err
		}
	}
	return nodes, nil
}

// stopNodes ends them all.
func stopNodes(nodes []*rig.Process) (err error) {
	for _, p := range nodes {
		err = errors.Join(err, p.Stop(stopWithin))
	}
	return err
}

// settled waits until the program itself says that everybody was sent to.
func settled(ctx context.Context, h *rig.House, many int, within time.Duration) error {
	return rig.Until(ctx, within, "the issue is sent, as `issue stats` shows it", func() (bool, error) {
		stats, err := h.Stats(ctx)
		if err != nil {
			return false, err
		}
		over := stats.State == "sent"
		if over && stats.Accepted != int64(many) {
			return false, fmt.Errorf("the issue is %s, and %d of %d people were sent to", stats.State, stats.Accepted, many)
		}
		return over, nil
	})
}
