package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"
	"time"

	"unoxuno/bench/record"
	"unoxuno/bench/rig"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/storage"
)

func millionMeasure() measure {
	return measure{
		name: "million", title: "Sending to a million",
		about: "As above, to a million people and to a hundred thousand in the same run. The first message has left when a mail " +
			"server has read its RCPT; the time is counted from the start of `unoxuno issue send`.",
		take: func(ctx context.Context, b *bench) error {
			if !rig.HasPostfix() {
				b.skip(rig.ErrNoPostfix.Error())
				return nil
			}
			return b.everyEngine(func(engine storage.Engine, name string, _ int) error {
				few, err := b.sendAll(ctx, engine, b.plan.town)
				if err != nil {
					return err
				}
				many, err := b.sendAll(ctx, engine, b.plan.large)
				if err != nil {
					return err
				}
				first, err := b.firstLeaves(ctx, engine)
				if err != nil {
					return err
				}
				row := b.row(fmt.Sprintf("%s, %d people", name, b.plan.large))
				row.Add("messages", "a second", many.rate(), nil)
				row.Add(fmt.Sprintf("over the rate at %d", b.plan.town), "×", many.rate()/few.rate(), b.speed(record.AtLeast(wantedConstancy)))
				row.Add("first message", "s", first.Seconds(), b.speed(record.AtMost(wantedFirst)))
				row.Add("ledger filled", "s", many.filled.Seconds(), nil)
				row.Add("CPU", "s per 1,000", (many.CPU+many.server).Seconds()/float64(many.many)*1000, b.speed(wantCPU))
				row.Add("peak memory", "MB", megabytes(many.Peak), b.speed(wantPeak(moderate+1)))
				return nil
			})
		},
	}
}

// firstLeaves is the time from the start of a large sending to its first message.
func (b *bench) firstLeaves(ctx context.Context, engine storage.Engine) (left time.Duration, err error) {
	came := make(chan time.Time, 1)
	var once sync.Once
	sink, err := deliverytest.Start(deliverytest.Options{Keep: -1, Rule: func(a deliverytest.Attempt) error {
		if a.Stage == deliverytest.AtRcpt {
			once.Do(func() { came <- time.Now() })
		}
		return nil
	}})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, sink.Close()) }()
	town, err := b.Fixture(ctx, engine, b.plan.large)
	if err != nil {
		return 0, err
	}
	h, err := town.Copy(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, h.Remove()) }()
	p, err := h.With("smtp_url", sink.URL()).With("smtp_conns", conns).Start(ctx, h.SendArgs("--wait")...)
	if err != nil {
		return 0, err
	}
	select {
	case at := <-came:
		left = at.Sub(p.Begun())
	case <-p.Ended():
		return 0, fmt.Errorf("nothing left: %s", p.Said())
	}
	return left, stopOwing(p)
}

// owedCode is the program's exit code when messages are still owed.
const owedCode = 6

// stopOwing ends a sending under way; it must say that it owes something, unless it was done.
func stopOwing(p *rig.Process) error {
	p.Signal(syscall.SIGTERM)
	code, err := p.Wait()
	if err == nil && code != 0 && code != owedCode {
		err = fmt.Errorf("issue send ended by SIGTERM with %d: %s", code, p.Said())
	}
	return err
}
