package main

import (
	"context"
	"errors"
	"fmt"

	"unoxuno/bench/rig"
	"unoxuno/internal/storage"
)

func growthMeasure() measure {
	return measure{
		name: "growth", title: "Growth",
		about: "The same measures in towns of growing size: what should stay level does, and what grows, grows with the people. " +
			"What the measures above took of a size is not taken twice.",
		take: func(ctx context.Context, b *bench) error {
			for _, engine := range b.engines() {
				for _, many := range b.plan.growth {
					for run := range b.plan.runs {
						if err := b.grow(ctx, engine, many, run); err != nil {
							return fmt.Errorf("%s, %d people: %w", engine, many, err)
						}
					}
				}
			}
			return nil
		},
	}
}

// regionBytes is the disk that a person takes while a region is measured, at most: on PostgreSQL, twice, with the ledger,
// the log of changes and a line of the file.
const regionBytes = 8000

func regionMeasure() measure {
	return measure{
		name: "region", title: "Growth to a region",
		about: "The same measures in a place of five million people, once on each engine, where the disk has room for it.",
		take: func(ctx context.Context, b *bench) error {
			many := b.plan.region
			free, err := b.Free()
			if err != nil {
				return err
			}
			if wanted := int64(many) * regionBytes; free < wanted {
				b.skip(fmt.Sprintf("%d people: that takes %.0f MB of disk, of which %.0f are free", many, megabytes(wanted), megabytes(free)))
				return nil
			}
			for _, engine := range b.engines() {
				if err := errors.Join(b.grow(ctx, engine, many, 0), b.Discard(engine, many)); err != nil {
					return fmt.Errorf("%s, %d people: %w", engine, many, err)
				}
			}
			return nil
		},
	}
}

// grow takes one run of a town of that size. What is known of it already is not taken again.
func (b *bench) grow(ctx context.Context, engine storage.Engine, many, run int) error {
	i, err := b.known.imports.again(engine, many, run, func() (imported, error) { return b.importOnce(ctx, engine, many) })
	if err != nil {
		return err
	}
	counted, err := b.known.counts.again(engine, many, run, func() (counting, error) { return b.countAudiences(ctx, engine, many, 0) })
	if err != nil {
		return err
	}
	row := b.row(fmt.Sprintf("%s, %d people", engine, many))
	row.Add("import", "rows a second", i.rate(), nil)
	row.Add("database", "MB", megabytes(i.size), nil)
	row.Add("audience p99", "ms", milliseconds(counted.p99), nil)
	row.Add("index", "MB", float64(counted.bytes)/(1<<20), nil)
	if !rig.HasPostfix() {
		b.skip(rig.ErrNoPostfix.Error())
		return nil
	}
	s, err := b.known.sendings.again(engine, many, run, func() (sent, error) { return b.sendAll(ctx, engine, many) })
	if err != nil {
		return err
	}
	row.Add("messages", "a second", s.rate(), nil)
	row.Add("ledger filled", "s", s.filled.Seconds(), nil)
	row.Add("ledger", "bytes a message", float64(s.grown)/float64(many), nil)
	row.Add("CPU", "s per 1,000", (s.CPU+s.server).Seconds()/float64(many)*1000, nil)
	row.Add("peak memory", "MB", megabytes(s.Peak), nil)
	return nil
}
