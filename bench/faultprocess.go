package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"syscall"
	"time"

	"unoxuno/bench/rig"
	"unoxuno/internal/storage"
)

// processFaults are ends of the program itself.
func processFaults(p faultPlan) []fault {
	postgres := storage.Postgres
	return []fault{
		{name: fmt.Sprintf("kill -9 at %d random instants", p.kills), during: func(ctx context.Context, t *trial) error {
			if err := t.manyTimes(ctx, syscall.SIGKILL, p.kills, inFlight); err != nil {
				return err
			}
			return t.untilDone(ctx)
		}},
		{name: fmt.Sprintf("SIGTERM at %d random instants", p.stops), during: func(ctx context.Context, t *trial) error {
			if err := t.manyTimes(ctx, syscall.SIGTERM, p.stops, 0); err != nil {
				return err
			}
			return t.untilDone(ctx)
		}},
		{name: "kill -9 of one node of three", only: &postgres, during: killOneOfThree},
	}
}

// manyTimes signals the sending again and again, when the mail server has taken as many mails as chance says. Each time
// allows for so many repeats.
func (t *trial) manyTimes(ctx context.Context, s syscall.Signal, times int, repeats int64) error {
	var instants []int
	for n := range times {
		at := 0 // every fifth while the program starts
		if n%5 != 1 {
			at = 1 + rand.IntN(t.people-1)
		}
		instants = append(instants, at)
	}
	slices.Sort(instants)
	done := 0
	for _, many := range instants {
		struck, err := t.interrupted(ctx, s, many)
		if err != nil {
			return err
		}
		if struck {
			done++
			t.allowed += repeats
		}
	}
	if done < times {
		t.note("the sending was over after %d of %d", done, times)
	}
	return nil
}

// killOneOfThree lets three nodes send, and kills one half-way; the others finish.
func killOneOfThree(ctx context.Context, t *trial) error {
	return t.underNodes(ctx, 3, func(nodes []*rig.Process) ([]*rig.Process, error) {
		nodes[0].Signal(syscall.SIGKILL)
		return nodes[1:], nil
	})
}

// underNodes lets nodes send, strikes when half the mails are taken, and waits until those still alive have sent to
// everybody.
func (t *trial) underNodes(ctx context.Context, many int, strike func([]*rig.Process) ([]*rig.Process, error)) error {
	nodes, err := startNodes(ctx, t.house, many)
	stopped := false
	defer func() {
		for _, n := range nodes {
			if !stopped {
				n.Signal(syscall.SIGKILL)
			}
		}
	}()
	if err != nil {
		return err
	}
	t.runs++
	if _, err := t.house.Run(ctx, t.house.SendArgs()...); err != nil {
		return err
	}
	select {
	case <-t.meter.reached(t.people / 2):
	case <-nodes[0].Ended():
		return fmt.Errorf("a node ended: %s", nodes[0].Said())
	case <-ctx.Done():
		return ctx.Err()
	}
	t.allowed += inFlight
	alive, err := strike(nodes)
	if err != nil {
		return err
	}
	select { // then the program is asked whether that was all
	case <-t.meter.reached(t.people):
	case <-time.After(t.plan.faults.within):
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := settled(ctx, t.house, t.people, t.plan.faults.within); err != nil {
		return err
	}
	stopped = true
	return stopNodes(alive)
}

// faults are all there are.
func faults(p faultPlan) []fault {
	return slices.Concat(processFaults(p), relayFaults(p), databaseFaults(p))
}
