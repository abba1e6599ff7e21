package main

import (
	"context"
	"time"

	"unoxuno/bench/rig"
	"unoxuno/internal/delivery"
	"unoxuno/internal/storage"
)

// lookEvery is how often the ledger is looked at while it fills: seldom enough to cost nothing.
const lookEvery = 100 * time.Millisecond

// watchFilling tells how long after the start of the process the ledger held everybody; 0 when the process ended before
// anybody could see.
func watchFilling(ctx context.Context, h *rig.House, p *rig.Process) <-chan time.Duration {
	told := make(chan time.Duration, 1)
	go func() {
		defer close(told)
		db, err := storage.Open(ctx, h.Database)
		if err != nil {
			return
		}
		defer func() { _ = db.Close() }()
		tick := time.NewTicker(lookEvery)
		defer tick.Stop()
		for {
			var filled int64
			err := db.QueryRowContext(ctx, "SELECT filled FROM delivery_batch").Scan(&filled)
			if err == nil && filled == delivery.Everybody {
				told <- time.Since(p.Begun())
				return
			}
			select {
			case <-tick.C:
			case <-p.Ended():
				return
			}
		}
	}()
	return told
}
