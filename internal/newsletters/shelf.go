package newsletters

import (
	"context"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"unoxuno/internal/clock"
	"unoxuno/internal/fault"
	"unoxuno/internal/newsletters/db"
	"unoxuno/internal/storage"
)

const (
	shelfSize   = 5000             // number of cached issues; beyond it the cache is emptied
	unknownFor  = 10 * time.Second // how long an issue that does not exist, or was not sent, is not asked for again
	shelfWithin = 10 * time.Second // how long the database may take to answer
)

// shelf caches the link targets of issues. What was sent never changes, so entries stay valid.
type shelf struct {
	db    *storage.DB
	clock clock.Clock

	mu     sync.RWMutex
	issues map[int64]shelved
	asking singleflight.Group // one query per issue at a time
}

// shelved is a cached issue.
type shelved struct {
	links   []string
	unknown time.Time // when it was asked for, if it was not sent; otherwise zero
}

func newShelf(db *storage.DB, c clock.Clock) *shelf {
	return &shelf{db: db, clock: c, issues: map[int64]shelved{}}
}

// links returns the targets of an issue's links in order; the fault newsletters.link.unknown if it was not sent.
func (s *shelf) links(ctx context.Context, issue int64) ([]string, error) {
	s.mu.RLock()
	known, ok := s.issues[issue]
	s.mu.RUnlock()
	if !ok || known.stale(s.clock) {
		asked := s.asking.DoChan(strconv.FormatInt(issue, 10), func() (any, error) {
			// The query serves all callers, even if the first one goes away.
			within, cancel := context.WithTimeout(context.WithoutCancel(ctx), shelfWithin)
			defer cancel()
			return s.ask(within, issue)
		})
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case answer := <-asked:
			if answer.Err != nil {
				return nil, answer.Err
			}
			known, _ = answer.Val.(shelved)
		}
	}
	if !known.unknown.IsZero() {
		return nil, fault.NotFound("newsletters.link.unknown")
	}
	return known.links, nil
}

// stale tells whether an issue that did not exist may exist by now.
func (k shelved) stale(c clock.Clock) bool {
	if k.unknown.IsZero() {
		return false
	}
	age := c.Now().Sub(k.unknown)
	return age >= unknownFor || age < 0
}

// ask reads an issue's links and caches them.
func (s *shelf) ask(ctx context.Context, issue int64) (shelved, error) {
	queries := db.New(s.db)
	sent, err := queries.WasSent(ctx, issue)
	if err != nil {
		return shelved{}, err
	}
	var found shelved
	if sent == 0 {
		found.unknown = s.clock.Now()
	} else {
		rows, err := queries.LinksOf(ctx, issue) // numbered from 1 without gaps: see begin
		if err != nil {
			return shelved{}, err
		}
		for _, row := range rows {
			found.links = append(found.links, row.Url)
		}
	}
	s.put(issue, found)
	return found, nil
}

func (s *shelf) put(issue int64, found shelved) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.issues) >= shelfSize {
		clear(s.issues)
	}
	s.issues[issue] = found
}
