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

func importMeasure() measure {
	return measure{
		name: "import", title: "Importing people",
		about: "`unoxuno people import` of a CSV file with every column filled (two addresses, name, day of birth, place, language, " +
			"categories, topics, newsletters, consents with date and source) into an empty town.",
		take: func(ctx context.Context, b *bench) error {
			wanted := map[storage.Engine]float64{storage.SQLite: wantedImport, storage.Postgres: wantedImportPG}
			return b.everyEngine(func(engine storage.Engine, name string, _ int) error {
				before := rig.LoadAverage()
				i, err := b.importOnce(ctx, engine, b.plan.imports)
				if err != nil {
					return err
				}
				row := b.row(fmt.Sprintf("%s, %d rows", name, b.plan.imports))
				row.Add("rows", "a second", i.rate(), b.speed(record.AtLeast(wanted[engine])))
				row.Add("CPU", "s per 1,000", (i.CPU+i.server).Seconds()/float64(i.many)*1000, nil)
				row.Add("load of the machine before", "", before, nil)
				row.Add("peak memory", "MB", megabytes(i.Peak), b.speed(record.AtMost(wantedImportPeak)))
				return nil
			})
		},
	}
}

// imported is what an import cost.
type imported struct {
	rig.Usage

	many   int
	server time.Duration // processor time of PostgreSQL's server
	size   int64         // of the database afterwards, bytes
}

func (i imported) rate() float64 { return float64(i.many) / i.Wall.Seconds() }

// importOnce imports that many people into an empty town.
func (b *bench) importOnce(ctx context.Context, engine storage.Engine, many int) (i imported, err error) {
	h, err := b.Empty(ctx, engine, many)
	if err != nil {
		return i, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.Remove())
		}
	}()
	before, err := b.serverTime(ctx, engine)
	if err != nil {
		return i, err
	}
	done, err := h.Import(ctx)
	if err != nil {
		return i, err
	}
	i = imported{Usage: done.Usage, many: many}
	if i.server, err = b.serverTime(ctx, engine); err != nil {
		return i, err
	}
	i.server -= before
	if i.size, err = h.Size(ctx); err != nil {
		return i, err
	}
	b.known.imports.keep(engine, many, i)
	return i, b.Keep(h)
}
