package main

import (
	"context"
	"time"

	"unoxuno/bench/record"
	"unoxuno/bench/rig"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/storage"
)

// farAway is the round trip to a relay that is far off.
const farAway = 20 * time.Millisecond

func farMeasure() measure {
	return measure{
		name: "far", title: "Sending to a relay 20 ms away",
		about: "The same to a smtp-sink behind a proxy that delays everything by 10 ms each way, over 8 connections. Lock-step is " +
			"our own client, one command at a time, because that smtp-sink does not offer PIPELINING (`smtp-sink -p`).",
		take: func(ctx context.Context, b *bench) error {
			if !rig.HasPostfix() {
				b.skip(rig.ErrNoPostfix.Error())
				return nil
			}
			return b.everyEngine(func(engine storage.Engine, name string, _ int) error {
				pipelined, err := b.sendFar(ctx, engine)
				if err != nil {
					return err
				}
				lockStep, err := b.sendFar(ctx, engine, "-p")
				if err != nil {
					return err
				}
				row := b.row(name)
				row.Add("pipelined", "a second", pipelined.rate(), nil)
				row.Add("lock-step", "a second", lockStep.rate(), nil)
				row.Add("pipelined over lock-step", "×", pipelined.rate()/lockStep.rate(), b.speed(record.AtLeast(wantedPipelining)))
				row.Add("CPU, pipelined", "s per 1,000", (pipelined.CPU+pipelined.server).Seconds()/float64(pipelined.many)*1000, nil)
				return nil
			})
		},
	}
}

// sendFar sends to a smtp-sink that is far off.
func (b *bench) sendFar(ctx context.Context, engine storage.Engine, options ...string) (sent, error) {
	sink, err := b.Sink(ctx, options...)
	if err != nil {
		return sent{}, err
	}
	defer sink.Close()
	addr, end, err := slow(sink.Addr)
	if err != nil {
		return sent{}, err
	}
	defer end()
	return b.sendTo(ctx, engine, b.plan.far, sink, map[string]string{"smtp_url": "smtp://" + addr, "smtp_conns": conns})
}

// slow puts a server far away until end is called.
func slow(addr string) (proxy string, end func(), err error) {
	ends := &rig.Ends{}
	err = ends.Within(func() { proxy = deliverytest.Slow(ends, addr, farAway) })
	return proxy, ends.Close, err
}
