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

// liveIndex is the index of a running node: nothing until somebody asks, then made beside the questions, and given up
// when nobody asks for a while. At each question it first reads of whom something changed, so that its answers are as
// true as the database's own.
type liveIndex struct {
	asked  atomic.Bool   // since KeepIndex last looked
	wanted chan struct{} // somebody asked, and there was none

	reading sync.Mutex // held by who reads the feed, and changes the index and its place
	place   feedPlace

	mu    sync.RWMutex  // held for writing by who changes what follows, or what the index says
	index *index.Index  // nil: there is none
	ready chan struct{} // closed when there is one
}

func newLiveIndex() *liveIndex {
	return &liveIndex{wanted: make(chan struct{}, 1), ready: make(chan struct{})}
}

// IndexOptions say how an index is kept.
type IndexOptions struct {
	Idle time.Duration // how long one that nobody asks is kept, twice at most; 0 is ten minutes
	Log  *slog.Logger  // needed
}

// KeepIndex lets this process keep an index in memory that answers counts, until ctx ends; a server calls it, a command
// does not. The index is made when somebody counts for the first time, who is answered by the database as long as it is
// not ready; it is given up when nobody counted for a while. Each node keeps its own.
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
				if errors.Is(err, errTooMany) { // nor will it be
					<-ctx.Done()
				}
				continue
			}
			live.asked.Store(true)
			idle.Reset(o.Idle)
		case <-idle.C:
			if !live.asked.Swap(false) && live.drop() {
				debug.FreeOSMemory() // a town that nobody counts gets its memory back at once
				o.Log.Info("index of people given up: nobody asks")
			}
		}
	}
}

// makeIndex makes the index unless there is one.
func (p *People) makeIndex(ctx context.Context, log *slog.Logger) error {
	live, began := p.live, time.Now()
	live.reading.Lock()
	defer live.reading.Unlock()
	if live.now() != nil {
		return nil
	}
	place, err := feedEnd(ctx, p.db) // first: what changes while we read is read again
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

// now is the index there is now.
func (live *liveIndex) now() *index.Index {
	live.mu.RLock()
	defer live.mu.RUnlock()
	return live.index
}

// drop gives the index up and tells whether there was one.
func (live *liveIndex) drop() bool {
	live.mu.Lock()
	defer live.mu.Unlock()
	if live.index == nil {
		return false
	}
	live.index, live.ready = nil, make(chan struct{})
	return true
}

// want asks for an index. Where none is kept nobody hears it.
func (live *liveIndex) want() {
	select {
	case live.wanted <- struct{}{}:
	default: // it is wanted already
	}
}

// IndexReady asks for the index and waits until there is one, or ctx ends. KeepIndex must be running.
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

// IndexSize is how many people the index holds, and about how many bytes it takes; 0 when there is none.
func (p *People) IndexSize() (people int, bytes uint64) {
	p.live.mu.RLock()
	defer p.live.mu.RUnlock()
	if p.live.index == nil {
		return 0, 0
	}
	return p.live.index.Len(), p.live.index.Bytes()
}

// FromIndex lets ask question everybody, as they are at this moment, and tells whether it did. It does not where there
// is no index, or none yet: then the database is to be asked. The sets that ask finds must not leave it.
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
	if live.index == nil { // given up meanwhile
		return false, nil
	}
	ask(Crowd{finder{live.index, p.Today()}})
	return true, nil
}

// catchUp brings the index to what the database says now; errTooMany when so much changed that it is quicker to begin
// anew.
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
