package storage

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"unoxuno/internal/fault"
)

// turnstile lets the processes that write to one SQLite file take turns. SQLite itself makes a waiting writer poll at
// growing intervals, so a program that writes one transaction after another can keep all others waiting as long as it
// likes.
//
// A writer first takes the lock next, then the lock turn, and then releases next. A process that waits for the turn
// holds next, so the one that has just written cannot take the turn again before it. Both are locks on files; the
// system releases them when a process dies.
//
// A turnstile belongs to one connection, which one goroutine uses at a time.
type turnstile struct {
	path       string // of the database
	patience   time.Duration
	next, turn *flock.Flock
}

// patience is how long a writer waits for its turn before it fails.
const patience = 20 * time.Second

func newTurnstile(path string) *turnstile {
	t := &turnstile{path: path, patience: patience}
	t.next, t.turn = t.lock(".next"), t.lock(".turn")
	return t
}

func (t *turnstile) lock(end string) *flock.Flock {
	return flock.New(t.path+end, flock.SetPermissions(0o600))
}

// take waits for the turn to write. It fails with the fault storage.busy if the turn does not come in time.
func (t *turnstile) take(ctx context.Context) error {
	ctx, stop := context.WithTimeoutCause(ctx, t.patience, fault.Unavailable("storage.busy"))
	defer stop()
	if err := t.wait(ctx, &t.next, ".next"); err != nil {
		return err
	}
	err := t.wait(ctx, &t.turn, ".turn")
	return errors.Join(err, t.next.Unlock())
}

// wait waits for a lock. The system call cannot be interrupted. If ctx ends first, the wait goes on in the background
// with the old lock, which is released as soon as it is acquired, and a new lock replaces it.
func (t *turnstile) wait(ctx context.Context, lock **flock.Flock, end string) error {
	if had, err := (*lock).TryLock(); had || err != nil {
		return err
	}
	waiting, had := *lock, make(chan error, 1)
	go func() { had <- waiting.Lock() }()
	select {
	case err := <-had:
		return err
	case <-ctx.Done():
		*lock = t.lock(end)
		go func() {
			if <-had == nil {
				_ = waiting.Unlock() // nobody is left to report to
			}
		}()
		return context.Cause(ctx)
	}
}

// give releases the turn.
func (t *turnstile) give() error { return t.turn.Unlock() }

func (t *turnstile) close() error { return errors.Join(t.next.Close(), t.turn.Close()) }

// writes tells whether a statement outside a transaction needs the turn. VACUUM INTO only reads.
func writes(query string) bool {
	first, rest, _ := strings.Cut(strings.TrimSpace(withoutComments(query)), " ")
	switch strings.ToUpper(first) {
	case "SELECT", "PRAGMA", "ATTACH", "DETACH":
		return false
	case "VACUUM":
		return !strings.HasPrefix(strings.ToUpper(strings.TrimSpace(rest)), "INTO")
	}
	return true
}
