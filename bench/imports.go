package main

import (
	"context"
	"errors"
	"fmt"

	"unoxuno/bench/record"
	"unoxuno/bench/rig"
	"unoxuno/internal/storage"
)

func importMeasure() measure {
	return measure{
		name: "import", title: "Importing people",
		about: "`unoxuno people import` of a CSV file with every column filled (two addresses, name, day of birth, place, language, " +
			"categories, topics, newsletters, consents with date and source) into an empty town.",
		take: func(ctx context.Context, b *bench) error {
			return b.everyEngine(func(engine storage.Engine, name string, _ int) error {
				done, server, _, err := b.importOnce(ctx, engine, b.plan.imports)
				if err != nil {
					return err
				}
				row := b.row(fmt.Sprintf("%s, %d rows", name, b.plan.imports))
				row.Add("rows", "a second", float64(b.plan.imports)/done.Wall.Seconds(), b.speed(record.AtLeast(wantedImport)))
				row.Add("CPU", "s per 1,000", (done.CPU.Seconds()+server)/float64(b.plan.imports)*1000, nil)
				row.Add("peak memory", "MB", megabytes(done.Peak), nil)
				return nil
			})
		},
	}
}

// importOnce imports that many people into an empty town, and tells the processor seconds of the database's server and
// the size of the database.
func (b *bench) importOnce(ctx context.Context, engine storage.Engine, many int) (done rig.Done, server float64, size int64, err error) {
	h, err := b.Empty(ctx, engine, many)
	if err != nil {
		return done, 0, 0, err
	}
	defer func() { err = errors.Join(err, h.Remove()) }()
	before, err := b.serverTime(ctx, engine)
	if err != nil {
		return done, 0, 0, err
	}
	if done, err = h.Import(ctx); err != nil {
		return done, 0, 0, err
	}
	after, err := b.serverTime(ctx, engine)
	if err != nil {
		return done, 0, 0, err
	}
	size, err = h.Size(ctx)
	return done, (after - before).Seconds(), size, err
}
