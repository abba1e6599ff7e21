package app

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"unoxuno/internal/config"
)

// TestEveryVisitAnsweredIsCountedWhenToldToStop: while readers follow links and open mails the program is told to stop, as
// by SIGTERM; whoever got an answer is counted, and nobody else.
func TestEveryVisitAnsweredIsCountedWhenToldToStop(t *testing.T) {
	eachEngine(t, func(t *testing.T, b *borgo) {
		var before, after int64
		visits := func(n *int64) {
			t.Helper()
			b.must(b.db.QueryRowContext(b.ctx, "SELECT SUM(visits) FROM newsletters_visits").Scan(n))
		}
		visits(&before)
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
						stop()
					}
				}
			})
		}
		readers.Wait()
		b.must(<-ended)
		b.must(b.newsletters.Close(b.ctx))
		visits(&after)
		if counted := after - before; counted != answered.Load() || counted < 3000 {
			t.Errorf("%d visits answered, %d counted", answered.Load(), counted)
		}
		if strings.Contains(b.log.String(), "level=ERROR") {
			t.Errorf("the program complained:\n%s", b.log)
		}
	})
}
