package app

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/delivery"
	"unoxuno/internal/fault"
	"unoxuno/internal/storage"
	"unoxuno/internal/web"
)

// readiness tells whether the database can be written to. It writes a number, and caches the answer for some seconds,
// so that frequent requests cause one write.
type readiness struct {
	room *delivery.Room

	mu    sync.Mutex
	asked time.Time
	err   error
}

const (
	readyKept   = 5 * time.Second
	readyWithin = 3 * time.Second
)

func (r *readiness) check() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.asked) < readyKept {
		return r.err
	}
	// Not the caller's context: the answer is for other callers too.
	ctx, cancel := context.WithTimeout(context.Background(), readyWithin)
	defer cancel()
	_, err := r.room.Beat(ctx, 0)
	if err = storage.Fault(err); fault.HasKey(err, "storage.busy") || errors.Is(err, context.DeadlineExceeded) {
		_, err = r.room.LastBeat(context.WithoutCancel(ctx)) // others are writing, so it can be written to
	}
	r.asked, r.err = time.Now(), err
	return err
}

// healthRoutes tell a supervisor whether the process lives, and whether it can work. They are answered before anybody is
// asked who he is, so without the database.
func (h *house) healthRoutes() []web.Route {
	ready := &readiness{room: h.delivery}
	return []web.Route{
		{Pattern: "GET /health/live", Permission: access.Public, Kind: web.Data, Light: true, Do: func(w http.ResponseWriter, _ *http.Request) error {
			return web.JSON(w, http.StatusOK, map[string]string{"status": "alive"})
		}},
		{Pattern: "GET /health/ready", Permission: access.Public, Kind: web.Data, Light: true, Do: func(w http.ResponseWriter, _ *http.Request) error {
			if err := ready.check(); err != nil {
				return web.JSON(w, http.StatusServiceUnavailable, map[string]string{"status": "the database cannot be written to"})
			}
			return web.JSON(w, http.StatusOK, map[string]string{"status": "ready"})
		}},
	}
}
