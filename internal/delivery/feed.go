package delivery

import (
	"context"
	"encoding/hex"
	"fmt"
	"sync"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery/db"
	"unoxuno/internal/delivery/email"
)

// gulp is how many messages are prepared at a time: enough to share the queries, few enough that consent and
// suppression are current.
const gulp = 256

// jobsAhead is how many messages wait for a connection, so that a connection finds its next one without a round trip.
const jobsAhead = 32

// feed hands the chunk's messages to the connections.
func (w *worker) feed(ctx context.Context, c *chunk) error {
	if w.clock.Now().Before(c.way.retryAt()) {
		c.relayDown()
		return nil
	}
	letter, err := w.letter(c.batch)
	if err != nil {
		return err
	}
	queries := db.New(w.db)
	last := c.after
	for ctx.Err() == nil && c.holds() && !w.isDead() && !w.isShut(c) {
		rows, err := queries.NextMessages(w.life, db.NextMessagesParams{
			Batch: c.batch, After: last, Through: c.through, Now: w.now(), Most: gulp,
		})
		if err != nil || len(rows) == 0 {
			return err
		}
		last = rows[len(rows)-1].Person
		messages, err := w.prepare(c, letter, rows)
		if err != nil {
			return err
		}
		for _, m := range messages {
			if !w.pass(ctx, m) {
				return nil
			}
		}
	}
	return nil
}

// hand gives a message to the connections once it may be in flight; false if the chunk must be left.
func (w *worker) hand(ctx context.Context, m *message) bool {
	select {
	case w.inFlight <- struct{}{}:
	case <-ctx.Done():
		return false
	case <-m.chunk.stopped:
		return false
	case <-w.dead:
		return false
	}
	m.chunk.pending.Add(1)
	mails, texts := w.mails[m.lane()], w.texts // a text message has no lane
	if m.chunk.channel != SMS {
		texts = nil
	}
	select {
	case mails <- m:
		return true
	case texts <- m:
		return true
	case <-ctx.Done():
	case <-m.chunk.stopped:
	}
	m.chunk.pending.Done()
	<-w.inFlight
	return false
}

// prepare finds which of rows to send now; the outcome of the others is recorded.
func (w *worker) prepare(c *chunk, letter Letter, rows []db.NextMessagesRow) ([]*message, error) {
	persons := make([]int64, len(rows))
	for i, row := range rows {
		persons[i] = row.Person
	}
	recipients, err := letter.Recipients(w.life, persons)
	if err != nil {
		return nil, fmt.Errorf("recipients: %w", err)
	}
	reached := make(map[int64]int, len(recipients))
	digests := make([]string, len(recipients))
	for i := range recipients {
		to := &recipients[i]
		if to.Address != "" || to.Aside != nil || to.Parted {
			reached[to.Person] = i
			w.read(c.way, to)
			digests[i] = hex.EncodeToString(to.digest)
		}
	}
	suppressed, err := suppressedAmong(w.life, w.db, digests)
	if err != nil {
		return nil, fmt.Errorf("suppression: %w", err)
	}
	messages := make([]message, len(rows))
	ready := make([]*message, 0, len(rows))
	for i, row := range rows {
		m := &messages[i]
		*m = message{worker: w, chunk: c, person: row.Person, attempts: row.Attempts}
		at, ok := reached[row.Person]
		if !ok {
			m.settle(result{state: Withdrawn})
			continue
		}
		m.to = recipients[at]
		if m.to.Parted {
			continue // it may be queued again by now
		}
		if m.to.Aside != nil {
			m.putAside()
			continue
		}
		switch {
		case len(suppressed) > 0 && suppressed[digests[at]]:
			m.settle(result{state: Suppressed})
		case m.to.malformed != "":
			m.settle(result{state: Refused, reason: m.to.malformed})
		default:
			ready = append(ready, m)
		}
	}
	return ready, nil
}

// read parses the recipient's address for the channel, and computes its digest.
func (r *Room) read(way channel, to *Recipient) {
	text := to.Address
	if to.malformed = way.accepts(to); to.path != (email.Path{}) {
		text = to.path.String()
	}
	to.digest = r.digestOf(text)
}

// back returns when the channel is tried again.
func (r *Room) back(c channel) int64 {
	now := r.clock.Now()
	if at := c.retryAt(); at.After(now) {
		return clock.Millis(at)
	}
	return clock.Millis(now.Add(r.settings.RetryFirst)) // another connection has found it working again
}

// letters caches the letters that a worker has opened.
type letters struct {
	mu   sync.Mutex
	open map[int64]Letter
}

func (w *worker) letter(batch int64) (Letter, error) {
	w.letters.mu.Lock()
	defer w.letters.mu.Unlock()
	if l, ok := w.letters.open[batch]; ok {
		return l, nil
	}
	row, err := db.New(w.db).GetBatch(w.life, batch)
	if err != nil {
		return nil, err
	}
	origin, ok := w.origins[row.Origin]
	if !ok {
		return nil, fmt.Errorf("no origin %q is plugged in", row.Origin)
	}
	l, err := origin.Letter(w.life, Matter{row.Ref, row.Channel, row.ID})
	if err != nil {
		return nil, fmt.Errorf("letter %d of %s: %w", row.Ref, row.Origin, err)
	}
	w.letters.open[batch] = l
	return l, nil
}
