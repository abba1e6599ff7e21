package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"unoxuno/bench/record"
	"unoxuno/bench/rig"
	"unoxuno/internal/storage"
)

// besideWork lets people visit a server while a second process sends an issue to the whole town, and while others erase
// people of it.
func (b *bench) besideWork(ctx context.Context, engine storage.Engine, name string) (err error) {
	town, err := b.Fixture(ctx, engine, b.plan.beside)
	if err != nil {
		return err
	}
	h, err := town.Copy(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Remove()) }()
	addr, err := rig.FreeAddress(ctx)
	if err != nil {
		return err
	}
	sink, err := rig.NewSwallow(ctx, nil)
	if err != nil {
		return err
	}
	defer sink.Close()
	h = h.With("public_url", "http://"+addr).With("listen", addr).With("smtp_url", "smtp://"+sink.Addr).With("smtp_conns", conns)
	server, err := serve(ctx, h, addr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop(stopWithin)) }()
	sending, v, err := besideVisits(ctx, addr, func(ctx context.Context) (rig.Usage, error) {
		done, err := h.Run(ctx, h.SendArgs("--wait")...)
		return done.Usage, err
	})
	if err != nil {
		return err
	}
	row := b.row(fmt.Sprintf("%s, sending to %d people", name, b.plan.beside))
	row.Add("messages", "a second", float64(b.plan.beside)/sending.Wall.Seconds(), nil)
	b.addVisits(row, v)
	addresses := firstAddresses(b.plan.beside, erasures)
	_, v, err = besideVisits(ctx, addr, func(ctx context.Context) (rig.Usage, error) {
		for _, address := range addresses {
			if _, err := h.Run(ctx, "people", "erase", address); err != nil {
				return rig.Usage{}, err
			}
		}
		return rig.Usage{}, nil
	})
	if err != nil {
		return err
	}
	b.addVisits(b.row(fmt.Sprintf("%s, erasure of %d among %d people", name, len(addresses), b.plan.beside)), v)
	return nil
}

// erasures is how many people are erased, one after the other, each by a process of its own.
const erasures = 20

// besideVisits does what is to be done while people visit the site, and tells what they saw.
func besideVisits(ctx context.Context, addr string, do func(context.Context) (rig.Usage, error)) (rig.Usage, visits, error) {
	visiting, stop := context.WithCancel(ctx)
	told := visitUntil(visiting, addr)
	usage, err := do(ctx)
	stop()
	return usage, <-told, err
}

// addVisits adds what visitors saw.
func (b *bench) addVisits(row *record.Row, v visits) {
	row.Add("pages p99", "ms", percentile(v.pages, 99), b.speed(record.AtMost(wantedWait)))
	row.Add("sign-up p99", "ms", percentile(v.forms, 99), b.speed(record.AtMost(wantedWait)))
	row.Add("sign-ups", "", float64(len(v.forms)), nil)
	row.Add("longest", "ms", percentile(slices.Concat(v.pages, v.forms), 100), nil)
	row.Add("answers of 500 and above", "", float64(v.failed), record.Exactly(0))
}

// firstAddresses are the addresses of the first of so many people.
func firstAddresses(people, many int) (list []string) {
	for person := range rig.Everybody(people) {
		if list = append(list, person.Email); len(list) == many {
			break
		}
	}
	return list
}
