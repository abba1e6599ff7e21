// Command bench measures the whole program from outside, as its users have it: how many people a second an import
// takes, how many messages a second a sending does to a local sink, what that costs in CPU seconds and memory.
//
// Usage: go run ./bench [-people N] [-runs N] [-binary bin/unoxuno] [-postgres URL]
//
// It prints the tables of docs/performance.md. Times are wall clock of whole processes, start included; CPU and peak
// memory are the operating system's account of the process (not of PostgreSQL's server). Each figure is the median of
// the runs, with the least and the greatest.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"unoxuno/internal/app/demo"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/storage"
)

type options struct {
	people   int
	runs     int
	binary   string
	postgres string
}

func main() {
	var o options
	flag.IntVar(&o.people, "people", 37_500, "how many people the town has")
	flag.IntVar(&o.runs, "runs", 3, "how often each figure is taken")
	flag.StringVar(&o.binary, "binary", "bin/unoxuno", "the program")
	flag.StringVar(&o.postgres, "postgres", os.Getenv("UNOXUNO_TEST_POSTGRES_URL"), "a PostgreSQL to measure on too; it gets a schema that is dropped again")
	flag.Parse()
	if err := run(o); err != nil {
		log.Fatal(err)
	}
}

func run(o options) error {
	dir, err := os.MkdirTemp("", "unoxuno-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if o.binary, err = filepath.Abs(o.binary); err != nil {
		return err
	}
	if err := writeInputs(dir, o.people); err != nil {
		return err
	}
	fmt.Printf("| engine | what | people or messages | a second | CPU s per 1,000 | peak memory |\n|---|---|---:|---:|---:|---:|\n")
	for _, engine := range []storage.Engine{storage.SQLite, storage.Postgres} {
		if engine == storage.Postgres && o.postgres == "" {
			continue
		}
		var imports, sends []figure
		for i := range o.runs {
			imported, sent, err := once(o, dir, engine, i)
			if err != nil {
				return fmt.Errorf("%s: %w", engine, err)
			}
			imports, sends = append(imports, imported), append(sends, sent)
		}
		report(engine, "people import", imports)
		report(engine, "issue send --wait", sends)
	}
	return nil
}

const issue = `---
newsletter: tutti
slug: misura
title: Una lettera a tutti
language: it
---
## Che cosa cambia da lunedì

%s

[Leggi tutto](https://www.borgopanaro.example/lunedi){.button}
`

// writeInputs writes the town, its people, all subscribed to one newsletter, and an issue of about 6 kB as sent.
func writeInputs(dir string, n int) error {
	town := append(demo.Town(), []byte("  - {slug: tutti, newsroom: urp, name: Per tutti, description: Per tutti, topics: [anagrafe], period: occasional}\n")...)
	var people bytes.Buffer
	fmt.Fprintln(&people, "email,given_name,family_name,birth_date,place,language,who,wants,newsletters,consents,channel,consent_date,consent_source")
	i := 0
	for range n {
		i++
		fmt.Fprintf(&people, "persona%d@posta.example,Nome%d,Cognome%d,%d-05-17,centro-storico,it,genitore,teatro|sport,tutti,newsletter|profile,email,2025-03-01,modulo\n", i, i, i, 1940+i%60)
	}
	text := fmt.Sprintf(issue, strings.Repeat("Da lunedì il servizio cambia orario: gli sportelli aprono prima e chiudono dopo. ", 12))
	for name, b := range map[string][]byte{"town.yaml": town, "people.csv": people.Bytes(), "issue.md": []byte(text)} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// figure is what one process did.
type figure struct {
	n         int64
	wall, cpu time.Duration
	peak      int64 // bytes
}

func once(o options, dir string, engine storage.Engine, i int) (imported, sent figure, err error) {
	data := filepath.Join(dir, fmt.Sprintf("%s-%d", engine, i))
	env := []string{"UNOXUNO_DATA=" + data, "PATH=" + os.Getenv("PATH"), "HOME=" + dir}
	if engine == storage.Postgres {
		url, drop, err := newSchema(o.postgres)
		if err != nil {
			return imported, sent, err
		}
		defer drop()
		env = append(env, "UNOXUNO_DATABASE_URL="+url)
	}
	sink, err := deliverytest.Start(deliverytest.Options{Keep: -1})
	if err != nil {
		return imported, sent, err
	}
	defer func() { _ = sink.Close() }()
	env = append(env, "UNOXUNO_SMTP_URL="+sink.URL())
	if _, _, err = command(env, o.binary, "town", "apply", filepath.Join(dir, "town.yaml")); err != nil {
		return imported, sent, err
	}
	var out []byte
	if out, imported, err = command(env, o.binary, "people", "import", filepath.Join(dir, "people.csv"), "--json"); err != nil {
		return imported, sent, err
	}
	if imported.n = number(out, "created"); imported.n != int64(o.people) {
		return imported, sent, fmt.Errorf("imported %d of %d", imported.n, o.people)
	}
	if out, sent, err = command(env, o.binary, "issue", "send", filepath.Join(dir, "issue.md"), "--wait", "--json"); err != nil {
		return imported, sent, err
	}
	if sent.n = number(out, "sent"); sent.n != int64(o.people) || sink.Count() != o.people {
		return imported, sent, fmt.Errorf("sent %d of %d, the sink has %d", sent.n, o.people, sink.Count())
	}
	return imported, sent, nil
}

func newSchema(url string) (string, func(), error) {
	ctx := context.Background()
	db, err := storage.Open(ctx, url)
	if err != nil {
		return "", nil, err
	}
	name := fmt.Sprintf("bench%d", storage.NewID())
	if _, err := db.ExecContext(ctx, "CREATE SCHEMA "+name); err != nil {
		return "", nil, err
	}
	mark := "?"
	if strings.Contains(url, "?") {
		mark = "&"
	}
	return url + mark + "search_path=" + name, func() {
		_, _ = db.ExecContext(ctx, "DROP SCHEMA "+name+" CASCADE")
		_ = db.Close()
	}, nil
}

func command(env []string, name string, args ...string) ([]byte, figure, error) {
	cmd := exec.CommandContext(context.Background(), name, args...)
	cmd.Env = env
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	begun := time.Now()
	out, err := cmd.Output()
	if err != nil {
		return nil, figure{}, fmt.Errorf("%s: %w: %s", strings.Join(args[:2], " "), err, stderr.String())
	}
	f := figure{wall: time.Since(begun), cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		f.peak = usage.Maxrss << 10
	}
	return out, f, nil
}

func number(out []byte, key string) int64 {
	var all map[string]any
	if err := json.Unmarshal(out, &all); err != nil {
		return -1
	}
	n, _ := all[key].(float64)
	return int64(n)
}

func report(engine storage.Engine, what string, all []figure) {
	spread := func(of func(figure) float64, format string) string {
		var v []float64
		for _, f := range all {
			v = append(v, of(f))
		}
		slices.Sort(v)
		return fmt.Sprintf(format+" ("+format+"–"+format+")", v[len(v)/2], v[0], v[len(v)-1])
	}
	fmt.Printf("| %s | %s | %d | %s | %s | %s |\n", engine, what, all[0].n,
		spread(func(f figure) float64 { return float64(f.n) / f.wall.Seconds() }, "%.0f"),
		spread(func(f figure) float64 { return f.cpu.Seconds() / float64(f.n) * 1000 }, "%.3f"),
		spread(func(f figure) float64 { return float64(f.peak) / (1 << 20) }, "%.0f")+" MB")
}
