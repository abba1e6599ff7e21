package app

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
)

// Many write STOP while something else holds what they need, and the program has one connection to read and one to
// write: they wait, the site goes on answering, and afterwards each was heeded. Nobody waits for ever.
func TestAStallHangsNobody(t *testing.T) {
	for _, engine := range []storage.Engine{storage.SQLite, storage.Postgres} {
		t.Run(engine.String(), func(t *testing.T) {
			url := ""
			b := newBorgo(t, engine, func(r *run) {
				r.config.Readers, r.config.Writers = 1, 1
				url = r.config.DatabaseURL
			})
			numbers := b.reachedByText(40)
			held, release := make(chan struct{}), make(chan struct{})
			var stall, writers sync.WaitGroup
			stall.Go(func() { b.hold(url, held, release) })
			<-held
			for _, number := range numbers {
				writers.Go(func() {
					from, err := sms.ParseNumber(number)
					if err == nil {
						err = b.delivery.Inbound(b.ctx, sms.Inbound{From: from, Text: "STOP"})
					}
					if err != nil {
						t.Errorf("%s: %v", number, err)
					}
				})
			}
			client := b.browser()
			for range 10 {
				if a := b.ask(client, http.MethodGet, "/newsletters", nil); a.status != http.StatusOK {
					t.Errorf("while writers wait, a page is answered %d", a.status)
				}
			}
			close(release)
			stall.Wait()
			writers.Wait()
			for _, number := range numbers {
				person, _, err := b.people.ByAddress(b.ctx, people.SMS, number)
				b.must(err)
				left, err := b.newsletters.Of(b.ctx, b.db, person)
				if b.must(err); len(left) > 0 {
					t.Errorf("%s wrote STOP and is still subscribed", number)
				}
			}
		})
	}
}

// reachedByText imports n people who read a newsletter by text message, and returns their numbers.
func (b *borgo) reachedByText(n int) (numbers []string) {
	b.t.Helper()
	var file strings.Builder
	file.WriteString("mobile,given_name,newsletters,consents,consent_date,consent_source\n")
	for i := range n {
		numbers = append(numbers, fmt.Sprintf("+39333200%04d", i))
		fmt.Fprintf(&file, "%s,Ada %d,teatro,newsletter,2026-10-01,modulo\n", numbers[i], i)
	}
	report, err := b.people.Import(b.ctx, strings.NewReader(file.String()), people.ImportOptions{})
	if b.must(err); report.Created != int64(n) {
		b.t.Fatalf("imported %+v", report)
	}
	return numbers
}

// hold keeps what a STOP writes locked, as another program beside ours would, until release is closed.
func (b *borgo) hold(url string, held, release chan struct{}) {
	b.t.Helper()
	other, err := storage.Open(b.ctx, url)
	b.must(err)
	err = other.Tx(b.ctx, func(tx *storage.Tx) (err error) {
		if tx.Engine() == storage.Postgres {
			_, err = tx.ExecContext(b.ctx, "LOCK TABLE newsletters_subscription IN SHARE ROW EXCLUSIVE MODE")
		}
		close(held)
		<-release
		return err
	})
	if err = errors.Join(err, other.Close()); err != nil {
		b.t.Error(err)
	}
}
