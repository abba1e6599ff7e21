package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"syscall"
	"time"

	"unoxuno/bench/record"
	"unoxuno/bench/rig"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/storage"
)

// readers is how many connections follow links at once.
const readers = 32

func visitsMeasure() measure {
	return measure{
		name: "visits", title: "Links and openings",
		about: "`wrk -c32 -t2` asks `unoxuno serve` for one link of a sent issue, and then for its pixel. Afterwards the server is " +
			"stopped by SIGTERM, and the visits in the database are compared with the requests that wrk saw answered: those on their " +
			"way when wrk left, one for each connection at most, are counted beyond it.",
		take: func(ctx context.Context, b *bench) error {
			if !rig.HasWrk() {
				b.skip(rig.ErrNoWrk.Error())
				return nil
			}
			return b.everyEngine(func(engine storage.Engine, name string, _ int) error {
				return b.visit(ctx, engine, name)
			})
		},
	}
}

// visitors is how many people the issue goes to whose links are followed: one would do.
const visitors = 10

func (b *bench) visit(ctx context.Context, engine storage.Engine, name string) (err error) {
	town, err := b.Fixture(ctx, engine, visitors)
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
	h = h.With("public_url", "http://"+addr).With("listen", addr)
	link, pixel, err := linksSent(ctx, h)
	if err != nil {
		return err
	}
	for _, target := range []struct {
		what, url string
		n         string // which visits are meant, in SQL
	}{{"link", link, "n > 0"}, {"pixel", pixel, "n = 0"}} {
		load, counted, err := b.follow(ctx, h, addr, target.url, target.n)
		if err != nil {
			return fmt.Errorf("%s: %w", target.what, err)
		}
		row := b.row(name + ", " + target.what)
		row.Add("requests", "a second", load.Rate, b.speed(record.AtLeast(wantedVisits)))
		row.Add("answered, as wrk says", "", float64(load.Requests), nil)
		row.Add("not answered well", "", float64(load.Bad), record.Exactly(0))
		row.Add("fewer in the database", "", float64(max(0, load.Requests-counted)), record.Exactly(0))
		row.Add("more in the database", "", float64(max(0, counted-load.Requests)), record.AtMost(readers))
	}
	return nil
}

var (
	linkInMail  = regexp.MustCompile(`https?://[^\s"<>]+/l/[\w-]+`)
	pixelInMail = regexp.MustCompile(`https?://[^\s"<>]+/o/[\w-]+\.gif`)
)

// linksSent sends the issue, and finds a link and the pixel in a mail of it.
func linksSent(ctx context.Context, h *rig.House) (link, pixel string, err error) {
	sink, err := deliverytest.Start(deliverytest.Options{})
	if err != nil {
		return "", "", err
	}
	defer func() { err = errors.Join(err, sink.Close()) }()
	if _, err := h.With("smtp_url", sink.URL()).Run(ctx, h.SendArgs("--wait")...); err != nil {
		return "", "", err
	}
	html := sink.Mails()[0].HTML()
	if link, pixel = linkInMail.FindString(html), pixelInMail.FindString(html); link == "" || pixel == "" {
		return "", "", fmt.Errorf("a mail has the link %q and the pixel %q", link, pixel)
	}
	return link, pixel, nil
}

// stopWithin is how long a server may take to end.
const stopWithin = 30 * time.Second

// follow lets wrk ask for the address while the program serves, and tells what the database has counted in the end.
func (b *bench) follow(ctx context.Context, h *rig.House, addr, address, which string) (load rig.Load, counted int64, err error) {
	before, err := countVisits(ctx, h, which)
	if err != nil {
		return load, 0, err
	}
	p, err := serve(ctx, h, addr)
	if err != nil {
		return load, 0, err
	}
	load, err = b.Wrk(ctx, address, readers, b.plan.visits)
	if err = errors.Join(err, p.Stop(stopWithin)); err != nil {
		return load, 0, err
	}
	after, err := countVisits(ctx, h, which)
	return load, after - before, err
}

// serve starts the site and waits until it answers.
func serve(ctx context.Context, h *rig.House, addr string) (*rig.Process, error) {
	p, err := h.Start(ctx, "serve")
	if err != nil {
		return nil, err
	}
	return p, answers(ctx, p, addr)
}

// answers waits until the process tells on that address that it is ready; one that does not is killed.
func answers(ctx context.Context, p *rig.Process, addr string) error {
	err := rig.Until(ctx, stopWithin, p.String()+" answers", func() (bool, error) {
		select {
		case <-p.Ended():
			return false, fmt.Errorf("%s ended: %s", p, p.Said())
		default:
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/health/ready", nil)
		if err != nil {
			return false, err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return false, nil //nolint:nilerr // nobody listens yet
		}
		return response.StatusCode == http.StatusOK, response.Body.Close()
	})
	if err != nil {
		p.Signal(syscall.SIGKILL)
	}
	return err
}

func countVisits(ctx context.Context, h *rig.House, which string) (n int64, err error) {
	db, err := storage.Open(ctx, h.Database)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	err = db.QueryRowContext(ctx, "SELECT COALESCE(SUM(visits), 0) FROM newsletters_visits WHERE "+which).Scan(&n)
	return n, err
}
