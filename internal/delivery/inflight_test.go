package delivery_test

import (
	"context"
	"sync"
	"testing"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/storage"
)

// ledgerLock blocks writes to the ledger from the first mail on, until released.
type ledgerLock struct {
	db      *storage.DB
	once    sync.Once
	locked  chan struct{}
	release chan struct{}
	held    sync.WaitGroup
	err     error
}

func (l *ledgerLock) take() {
	l.once.Do(func() {
		l.held.Go(func() {
			l.err = l.db.Tx(context.Background(), func(tx *storage.Tx) error {
				_, err := tx.ExecContext(context.Background(), "UPDATE delivery_message SET state = state")
				close(l.locked)
				<-l.release
				return err
			})
		})
	})
	<-l.locked
}

func TestNoMoreIsInFlightThanPromised(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		l := &ledgerLock{db: db, locked: make(chan struct{}), release: make(chan struct{})}
		var mu sync.Mutex
		most := 0
		sink := deliverytest.New(t, deliverytest.Options{
			Keep: -1,
			Rule: func(deliverytest.Attempt) error { l.take(); return nil },
			OnMail: func(m deliverytest.Mail) {
				mu.Lock()
				defer mu.Unlock()
				var onRecord int
				if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM delivery_message WHERE state = 'sent'").Scan(&onRecord); err != nil {
					t.Error(err)
				}
				most = max(most, m.ID-onRecord)
				if m.ID == delivery.InFlight {
					close(l.release)
				}
			},
		})
		n := newNode(t, db, newTown(t), clock.At(morning), sink.URL(), func(s *delivery.Settings) { s.ChunkSize = 400 })
		n.enqueue(t, 1, 1, 400)
		n.step(t)
		l.held.Wait()
		if l.err != nil || most != delivery.InFlight {
			t.Fatalf("%d mails were out and not on record, want %d (%v)", most, delivery.InFlight, l.err)
		}
		exactly(t, sink, 1, 400)
	})
}
