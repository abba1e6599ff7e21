package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"unoxuno/bench/record"
	"unoxuno/bench/rig"
	"unoxuno/internal/storage"
)

func idleMeasure() measure {
	return measure{
		name: "idle", title: "Idle memory",
		about: "`unoxuno serve` in a town of many, after one request and then nothing: what it holds.",
		take: func(ctx context.Context, b *bench) error {
			return b.everyEngine(func(engine storage.Engine, name string, _ int) error {
				held, err := b.idle(ctx, engine)
				if err == nil {
					row := b.row(fmt.Sprintf("%s, %d people, after %v", name, b.plan.town, b.plan.idle))
					row.Add("memory", "MB", megabytes(held), b.speed(record.AtMost(wantedIdle)))
				}
				return err
			})
		},
	}
}

// idle is how much memory the program holds when it served for a while and nobody came.
func (b *bench) idle(ctx context.Context, engine storage.Engine) (held int64, err error) {
	town, err := b.Fixture(ctx, engine, b.plan.town)
	if err != nil {
		return 0, err
	}
	h, err := town.Copy(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, h.Remove()) }()
	addr, err := rig.FreeAddress(ctx)
	if err != nil {
		return 0, err
	}
	p, err := serve(ctx, h.With("listen", addr), addr)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, p.Stop(stopWithin)) }()
	select { // the time is what is measured
	case <-time.After(b.plan.idle):
	case <-p.Ended():
		return 0, fmt.Errorf("serve ended: %s", p.Said())
	}
	return p.Resident()
}
