package app

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"unoxuno/internal/config"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
)

// TestEveryVisitAnsweredIsCountedWhenToldToStop: while readers follow links and open mails the program is told to stop, as
// by SIGTERM; whoever got an answer is counted, and nobody else, and it is noted what Maria read in the last moment.
func TestEveryVisitAnsweredIsCountedWhenToldToStop(t *testing.T) {
	eachEngine(t, func(t *testing.T, b *borgo) {
		var before, after int64
		visits := func(n *int64) {
			t.Helper()
			b.must(b.db.QueryRowContext(b.ctx, "SELECT SUM(visits) FROM newsletters_visits").Scan(n))
		}
		visits(&before)
		last := b.mariaReads()
		words, err := allWords()
		b.must(err)
		r := &run{words: words, lang: "en", log: newLog(b.log, "warn"), config: config.Config{Listen: "127.0.0.1:0", PublicURL: b.server.URL}}
		var stop context.CancelFunc
		r.ctx, stop = context.WithCancel(b.ctx)
		defer stop()
		address, ended := make(chan string, 1), make(chan error, 1)
		go func() { ended <- r.serve(b.house, func(a string) { address <- a }) }()

		base := "http://" + <-address
		paths := []string{b.newsletters.LinkPath(b.sent.ID, 1), b.newsletters.PixelPath(b.sent.ID)}
		var answered atomic.Int64
		var readers sync.WaitGroup
		for n := range 8 {
			readers.Go(func() {
				client := b.browser()
				client.Transport = &http.Transport{}
				for i := n; ; i++ {
					req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+paths[i%2], nil)
					b.must(err)
					res, err := client.Do(req)
					if err != nil {
						return // nobody answers any more
					}
					b.must(res.Body.Close())
					if res.StatusCode >= http.StatusBadRequest {
						t.Errorf("answered %d", res.StatusCode)
						return
					}
					if answered.Add(1) == 3000 {
						b.must(b.newsletters.Opened(b.ctx, b.sent.ID, last))
						stop()
					}
				}
			})
		}
		readers.Wait()
		b.must(<-ended)
		b.must(b.newsletters.Close(b.ctx))
		visits(&after)
		if counted := after - before; counted != answered.Load()+1 || counted < 3000 {
			t.Errorf("%d visits answered, %d counted", answered.Load()+1, counted)
		}
		if read := b.content("newsletters_reading"); len(read) != 1 {
			t.Errorf("noted of what Maria read: %v", read)
		}
		if strings.Contains(b.log.String(), "level=ERROR") {
			t.Errorf("the program complained:\n%s", b.log)
		}
	})
}

// mariaReads lets it be noted what Maria reads, and is a visit of hers.
func (b *borgo) mariaReads() newsletters.Visit {
	b.t.Helper()
	b.must(b.people.Grant(b.ctx, b.maria, people.Grant{Purpose: people.ForReading, Source: "own page"}))
	return newsletters.Visit{
		IP: "192.0.2.99", UserAgent: someBrowser, Method: http.MethodGet, Reader: b.newsletters.ReaderToken(b.sent.ID, b.maria),
	}
}
