package people

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"unoxuno/internal/people/index"
)

// liveIndex is the index of a running node. It is built when somebody asks for the first time, and dropped when nobody
// asks for a while. Each question first reads the feed of changes, so that its answer agrees with the database.
type liveIndex struct {
	asked  atomic.Bool   // since KeepIndex last checked
	wanted chan struct{} // signals that somebody asked and there was no index

	reading sync.Mutex // guards the reading of the feed and the changes to index and place
	place   feedPlace

	mu    sync.RWMutex  // guards the fields below and the contents of the index
	index *index.Index  // nil if there is none
	ready chan struct{} // closed when there is one
}

func newLiveIndex() *liveIndex {
	return &liveIndex{wanted: make(chan struct{}, 1), ready: make(chan struct{})}
}

// IndexOptions say how an index is kept.
type IndexOptions struct {
	Idle time.Duration // an unused index is kept for this long, at most twice as long; 0 means ten minutes
	Log  *slog.Logger  // required
}

// KeepIndex keeps an index in memory that answers counts, until ctx ends. A server calls it, a command does not. The
// first count starts building the index; the database answers until it is ready. It is dropped when nobody counts for a
// while. Each node has its own.
func (p *People) KeepIndex(ctx context.Context, o IndexOptions) error {
	if o.Idle == 0 {
		o.Idle = 10 * time.Minute
	}
	live := p.live
	defer live.drop()
	idle := time.NewTicker(o.Idle)
	defer idle.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-live.wanted:
			if err := p.makeIndex(ctx, o.Log); err != nil && ctx.Err() == nil {
				o.Log.Warn("no index of people is made: the database counts", "err", err)
				if errors.Is(err, errTooMany) { // and will stay too many
					<-ctx.Done()
				}
				continue
			}
			live.asked.Store(true)
			idle.Reset(o.Idle)
		case <-idle.C:
			if !live.asked.Swap(false) && live.drop() {
				debug.FreeOSMemory() // returns the memory to the system at once
				o.Log.Info("index of people given up: nobody asks")
			}
		}
	}
}

// makeIndex builds the index unless there is one.
func (p *People) makeIndex(ctx context.Context, log *slog.Logger) error {
	live, began := p.live, time.Now()
	live.reading.Lock()
	defer live.reading.Unlock()
	if live.now() != nil {
		return nil
	}
	place, err := feedEnd(ctx, p.db) // first, so that changes during the reading are read again
	if err != nil {
		return err
	}
	x, err := p.indexReader().everything(ctx)
	if err != nil {
		return err
	}
	live.mu.Lock()
	defer live.mu.Unlock()
	live.index, live.place = x, place
	close(live.ready)
	log.Info("index of people made", "people", x.Len(), "bytes", x.Bytes(), "took", time.Since(began))
	return nil
}

func (p *People) indexReader() indexReader { return indexReader{p.db, p.subscriptions} }

// now returns the current index, or nil.
func (live *liveIndex) now() *index.Index {
	live.mu.RLock()
	defer live.mu.RUnlock()
	return live.index
}

// drop drops the index and tells whether there was one.
func (live *liveIndex) drop() bool {
	live.mu.Lock()
	defer live.mu.Unlock()
	if live.index == nil {
		return false
	}
	live.index, live.ready = nil, make(chan struct{})
	return true
}

// want asks for an index. Without KeepIndex this has no effect.
func (live *liveIndex) want() {
	select {
	case live.wanted <- struct{}{}:
	default: // asked for already
	}
}

// IndexReady asks for the index and waits until it is ready, or until ctx ends. KeepIndex must be running.
func (p *People) IndexReady(ctx context.Context) error {
	p.live.mu.RLock()
	ready := p.live.ready
	p.live.mu.RUnlock()
	p.live.want()
	select {
	case <-ready:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// IndexSize returns the number of people in the index and its approximate size in bytes; 0 if there is none.
func (p *People) IndexSize() (people int, bytes uint64) {
	p.live.mu.RLock()
	defer p.live.mu.RUnlock()
	if p.live.index == nil {
		return 0, 0
	}
	return p.live.index.Len(), p.live.index.Bytes()
}

// FromIndex calls ask with everybody as they are now, if an index is ready. answered is false if it is not: then use
// the database. The sets that ask gets are invalid when it returns.
func (p *People) FromIndex(ctx context.Context, ask func(Crowd)) (answered bool, err error) {
	live := p.live
	if live.now() == nil {
		live.want()
		return false, nil
	}
	live.asked.Store(true)
	switch err := p.catchUp(ctx); {
	case errors.Is(err, errLostPlace), errors.Is(err, errTooMany):
		live.drop()
		live.want()
		return false, nil
	case err != nil:
		return false, err
	}
	live.mu.RLock()
	defer live.mu.RUnlock()
	if live.index == nil { // dropped meanwhile
		return false, nil
	}
	ask(Crowd{finder{live.index, p.Today()}})
	return true, nil
}

// catchUp updates the index from the database. errTooMany means that so much changed that building it again is faster.
func (p *People) catchUp(ctx context.Context) error {
	live := p.live
	live.reading.Lock()
	defer live.reading.Unlock()
	x := live.now()
	if x == nil {
		return nil
	}
	next, changed, err := readFeed(ctx, p.db, live.place)
	if err != nil {
		return err
	}
	if len(changed) > 0 {
		const many = 50_000
		n, err := p.indexReader().newsOf(ctx, changed, max(many, x.Len()/4))
		if err != nil {
			return err
		}
		live.mu.Lock()
		n.apply(x)
		live.mu.Unlock()
	}
	live.place = next
	return nil
}
