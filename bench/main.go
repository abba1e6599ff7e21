// Command bench measures the whole program from outside, as its users have it: how fast it sends, imports, counts and
// answers, what that costs, and whether anybody is lost when something breaks.
//
// Usage: go run ./bench [-quick] [-large] [-only NAME,…] [-runs N] [-rows N] [-people N] [-binary bin/unoxuno] [-results FOLDER] [-tables FILE]
//
// It writes one JSON file for each measure into the folder of results, and from these files the tables of
// docs/performance.md and the curves beside it. Times are wall clock of whole processes, start included; CPU is the
// operating system's account of the processes and, where there is PostgreSQL, of its server; memory is the most that a
// process held at once. Each figure is the median of the runs, with the least and the greatest.
//
// It needs Postfix (its test programs smtp-sink and smtp-source), wrk, and PostgreSQL's server, which it starts by itself
// in a folder that it removes; what lacks is said, and not measured. As root it also fills a disk.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"unoxuno/bench/record"
	"unoxuno/bench/rig"
)

type options struct {
	quick, large    bool
	only            string
	runs            int
	rows, people    int
	binary, folder  string
	results, tables string
	justTables      bool
}

func main() {
	var o options
	flag.BoolVar(&o.quick, "quick", false, "small sizes, one run: does everything still work")
	flag.BoolVar(&o.large, "large", false, "send to a million people where a hundred thousand is the rule")
	flag.StringVar(&o.only, "only", "", "these measures, separated by commas; \"\" is all: "+strings.Join(names(), ","))
	flag.IntVar(&o.runs, "runs", 0, "how often each figure is taken; 0 is 3, or 1 with -quick")
	flag.IntVar(&o.rows, "rows", 0, "rows of an import, alone and beside a server; 0 is the rule's")
	flag.IntVar(&o.people, "people", 0, "people that an issue is sent to; 0 is the rule's")
	flag.StringVar(&o.binary, "binary", "bin/unoxuno", "the program")
	flag.StringVar(&o.folder, "folder", "", "where houses are built, on the disk to be measured; \"\" is the system's folder for what is temporary")
	flag.StringVar(&o.results, "results", "bench/results", "folder of the results")
	flag.StringVar(&o.tables, "tables", "", "document between whose marks the tables are written")
	flag.BoolVar(&o.justTables, "just-tables", false, "measure nothing, only write the tables from the results")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, o)
	stop()
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run takes the measures and writes the tables, of what succeeded where something failed.
func run(ctx context.Context, o options) error {
	var failed error
	if !o.justTables {
		failed = takeAll(ctx, o)
	}
	results, err := record.Load(o.results, names())
	switch {
	case err != nil:
	case o.tables == "":
		fmt.Println(record.Markdown(results))
	default:
		err = errors.Join(record.Fill(o.tables, results), draw(o.tables, results))
	}
	return errors.Join(failed, err)
}

// draw draws growth beside the document of the tables.
func draw(document string, results []record.Result) error {
	at := slices.IndexFunc(results, func(r record.Result) bool { return r.Name == growthMeasure().name })
	if at < 0 {
		return nil
	}
	growth := results[at]
	for _, r := range results {
		if r.Name == regionMeasure().name {
			growth.Rows = append(slices.Clip(growth.Rows), r.Rows...)
		}
	}
	return os.WriteFile(filepath.Join(filepath.Dir(document), "growth.svg"), []byte(record.Curves(growth)), 0o644)
}

// takeAll takes the measures asked for, each as far as it goes: one that fails does not keep the others from being taken.
func takeAll(ctx context.Context, o options) (err error) {
	asked := strings.Split(o.only, ",")
	for _, name := range asked {
		if name != "" && !slices.Contains(names(), name) {
			return fmt.Errorf("no measure is called %q; there are %s", name, strings.Join(names(), ", "))
		}
	}
	r, err := rig.New(o.binary, o.folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	plan, known := planFor(o), newKnown()
	var failed []error
	for _, m := range measures() {
		if o.only != "" && !slices.Contains(asked, m.name) || ctx.Err() != nil {
			continue
		}
		if err := take(ctx, r, plan, known, m, o); err != nil {
			tell("%s FAILED: %v", m.name, err)
			failed = append(failed, fmt.Errorf("%s: %w", m.name, err))
		}
	}
	return errors.Join(append(failed, context.Cause(ctx))...)
}

// take takes one measure and saves what it gave.
func take(ctx context.Context, r *rig.Rig, p plan, k known, m measure, o options) error {
	tell("%s: %s", m.name, m.title)
	begun := time.Now()
	b := &bench{Rig: r, plan: p, known: k, result: record.Result{
		Name: m.name, Title: m.title, About: m.about, Quick: o.quick, Taken: begun.UTC().Truncate(time.Second),
		Machine: rig.ThisMachine(ctx), Versions: r.Versions(ctx),
	}}
	r.Commands() // those of the measure before
	err := m.take(ctx, b)
	b.result.Commands, b.result.Seconds = r.Commands(), time.Since(begun).Seconds()
	if err != nil {
		b.skip("the rest of it, for it failed: " + strings.ReplaceAll(err.Error(), r.Folder, "…"))
	}
	for _, text := range b.result.Skipped {
		tell("!!! NOT MEASURED: %s", text)
	}
	for _, text := range b.result.Failed() {
		tell("not as wanted: %s", text)
	}
	return errors.Join(err, b.result.Save(o.results))
}

// tell tells the one who waits how things go.
func tell(format string, args ...any) {
	_, _ = fmt.Fprintf(os.Stderr, time.Now().Format("15:04:05 ")+format+"\n", args...)
}
