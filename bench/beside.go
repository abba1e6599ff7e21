package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"unoxuno/bench/record"
	"unoxuno/bench/rig"
	"unoxuno/internal/storage"
)

func besideMeasure() measure {
	return measure{
		name: "beside", title: "Importing, sending and erasing beside a server",
		about: "`unoxuno serve` answers visitors while `unoxuno people import` takes a file into the same, empty town in a second process; " +
			"and the same for `--dry-run`; then, in a town of as many, while `unoxuno issue send --wait` sends to everybody, and while " +
			"`unoxuno people erase` erases twenty, one after the other. One visitor after the other, 20 ms apart, asks for the home page and for the form of the " +
			"sign-up, and signs up. Times are those of whole answers.",
		take: func(ctx context.Context, b *bench) error {
			return b.everyEngine(func(engine storage.Engine, name string, _ int) error {
				for _, dry := range []bool{true, false} {
					if err := b.beside(ctx, engine, name, dry); err != nil {
						return err
					}
				}
				return b.besideWork(ctx, engine, name)
			})
		},
	}
}

// beside lets people visit a server while a file is imported.
func (b *bench) beside(ctx context.Context, engine storage.Engine, name string, dry bool) (err error) {
	h, err := b.Empty(ctx, engine, b.plan.beside)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Remove()) }()
	addr, err := rig.FreeAddress(ctx)
	if err != nil {
		return err
	}
	h = h.With("public_url", "http://"+addr).With("listen", addr)
	server, err := serve(ctx, h, addr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop(stopWithin)) }()
	ctx, stop := context.WithCancel(ctx)
	told := visitUntil(ctx, addr)
	done, err := h.ImportWith(context.WithoutCancel(ctx), dry)
	stop()
	v := <-told
	if err != nil {
		return err
	}
	what := "import"
	if dry {
		what = "dry run"
	}
	row := b.row(fmt.Sprintf("%s, %s of %d rows", name, what, b.plan.beside))
	row.Add("rows", "a second", float64(b.plan.beside)/done.Wall.Seconds(), b.speed(record.AtLeast(wantedBeside)))
	row.Add("pages p99", "ms", percentile(v.pages, 99), b.speed(record.AtMost(wantedWait)))
	row.Add("sign-up p99", "ms", percentile(v.forms, 99), b.speed(record.AtMost(wantedWait)))
	row.Add("sign-ups", "", float64(len(v.forms)), nil)
	row.Add("longest", "ms", percentile(slices.Concat(v.pages, v.forms), 100), nil)
	row.Add("answers of 500 and above", "", float64(v.failed), record.Exactly(0))
	return nil
}

// visits are what visitors saw.
type visits struct {
	pages, forms []time.Duration
	failed       int
}

// betweenVisits is the time from one answer to the next question.
const betweenVisits = 20 * time.Millisecond

// visitUntil visits the site until ctx ends.
func visitUntil(ctx context.Context, addr string) <-chan visits {
	told := make(chan visits, 1)
	go func() {
		var v visits
		for n := 0; ctx.Err() == nil; n++ {
			visitor := newVisitor(n)
			v.note(&v.pages, visitor, http.MethodGet, "http://"+addr+"/", nil)
			v.note(&v.pages, visitor, http.MethodGet, "http://"+addr+"/join", nil)
			v.note(&v.forms, visitor, http.MethodPost, "http://"+addr+"/join", url.Values{
				"go": {"send"}, "address": {fmt.Sprintf("visitor.%d@posta.example", n)}, "given_name": {"Anna"}, "newsletters": {"tutti"}, "agree": {"1"},
			})
			visitor.CloseIdleConnections()
		}
		told <- v
	}()
	return told
}

// newVisitor comes from an address of its own: what one visitor may ask is limited.
func newVisitor(n int) *http.Client {
	from := &net.TCPAddr{IP: net.IPv4(127, byte(1+n>>16), byte(n>>8), byte(n))}
	return &http.Client{
		Timeout:       time.Minute,
		Transport:     &http.Transport{DialContext: (&net.Dialer{LocalAddr: from}).DialContext},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// note asks, and notes how long the answer took.
func (v *visits) note(list *[]time.Duration, visitor *http.Client, method, address string, form url.Values) {
	began := time.Now()
	request, err := http.NewRequestWithContext(context.Background(), method, address, strings.NewReader(form.Encode()))
	if err == nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		var response *http.Response
		if response, err = visitor.Do(request); err == nil {
			_, err = io.Copy(io.Discard, response.Body)
			err = errors.Join(err, response.Body.Close())
			if response.StatusCode >= http.StatusInternalServerError || response.StatusCode == http.StatusTooManyRequests ||
				form != nil && response.StatusCode != http.StatusSeeOther {
				err = fmt.Errorf("%s answers %s", address, response.Status)
			}
		}
	}
	if err != nil {
		v.failed++
		tell("%v", err)
	}
	*list = append(*list, time.Since(began))
	time.Sleep(betweenVisits)
}

// percentile is a percentile in milliseconds.
func percentile(list []time.Duration, p int) float64 {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(list))
	at := (len(sorted)*p + 99) / 100
	return float64(sorted[max(at, 1)-1].Microseconds()) / 1000
}
