package app

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/sync/errgroup"

	"unoxuno/internal/access"
	"unoxuno/internal/fault"
	"unoxuno/internal/periodic"
)

type workCmd struct{}

// Run sends what is due until it is stopped, and then completes what is in flight.
func (workCmd) Run(r *run) error {
	r.stays = true
	h, err := r.openHouse()
	if err != nil {
		return err
	}
	defer h.close(r)
	if r.config.SMTPURL == "" {
		return fault.Invalid("app.work.no_relay")
	}
	work, ctx := r.atWork()
	if err := r.takeBack(ctx, work, h); err != nil {
		return err
	}
	work.Go(func() error { return r.background(ctx, work, h) })
	r.log.Info("working")
	return work.Wait()
}

// atWork returns a group of tasks that end together, when the program is stopped or when one of them fails.
func (r *run) atWork() (*errgroup.Group, context.Context) {
	return errgroup.WithContext(access.With(r.ctx, access.Actor{Kind: access.System, Name: "system"}))
}

// background starts what every node does besides answering requests: delivery, periodic tasks and metrics.
func (r *run) background(ctx context.Context, work *errgroup.Group, h *house) error {
	leave, err := h.db.Attend(ctx)
	if err != nil {
		return err
	}
	work.Go(func() error {
		<-ctx.Done()
		return leave()
	})
	work.Go(func() error { return h.town.KeepFresh(ctx) })
	work.Go(func() error { return r.keepBeating(ctx, h) })
	work.Go(func() error { return h.delivery.Run(ctx) })
	work.Go(func() error { return h.periodic.Run(ctx, h.tasks()...) })
	work.Go(func() error { return r.sendScheduled(ctx, h) })
	if r.config.MetricsListen == "" {
		return nil
	}
	return serveOn(ctx, work, r.config.MetricsListen, &http.Server{Handler: h.machineRoom(), ReadHeaderTimeout: 10 * time.Second}, nil)
}

// serveOn listens and serves until ctx ends.
func serveOn(ctx context.Context, work *errgroup.Group, address string, server *http.Server, ready func(address string)) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fault.Unavailable("app.listen", "Address", address).Because(err)
	}
	work.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	work.Go(func() error {
		<-ctx.Done()
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
		defer cancel()
		return server.Shutdown(last)
	})
	if ready != nil {
		ready(listener.Addr().String())
	}
	return nil
}

// machineRoom serves the endpoints for operators: metrics for Prometheus, and health.
func (h *house) machineRoom() http.Handler {
	numbers := prometheus.NewRegistry()
	numbers.MustRegister(h.delivery, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	mux, ready := http.NewServeMux(), &readiness{room: h.delivery}
	mux.Handle("GET /metrics", promhttp.HandlerFor(numbers, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /health/live", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /health/ready", func(w http.ResponseWriter, _ *http.Request) {
		if err := ready.check(); err != nil {
			http.Error(w, "the database cannot be written to", http.StatusServiceUnavailable)
		}
	})
	return mux
}

// countsEvery is how often the kept counts of subscribers are updated.
const countsEvery = 5 * time.Second

// brakesEvery is how often returns are checked against the brakes' limits.
const brakesEvery = 20 * time.Second

// foldAt is the hour of the town's clock at which old batches become numbers.
const foldAt = 3

// tasks returns the tasks that one node does for all.
func (h *house) tasks() []periodic.Task {
	return append(h.scrubTasks(), []periodic.Task{
		{Name: "people.sweep", Next: periodic.Every(time.Hour), Do: func(ctx context.Context, _ time.Time) error {
			_, err := h.people.Sweep(ctx)
			return err
		}},
		{Name: "people.search", Next: periodic.Every(time.Hour), Do: func(ctx context.Context, _ time.Time) error {
			_, err := h.people.RefreshSearch(ctx)
			return err
		}},
		{Name: "storage.times", Next: periodic.Every(time.Hour), Do: func(ctx context.Context, _ time.Time) error {
			return h.mendTimes(ctx)
		}},
		{Name: "journal.sweep", Next: periodic.Every(time.Hour), Do: func(ctx context.Context, _ time.Time) error {
			return h.journal.Sweep(ctx)
		}},
		{Name: "newsletters.reading", Next: periodic.Every(time.Hour), Do: func(ctx context.Context, _ time.Time) error {
			return h.newsletters.SweepReading(ctx)
		}},
		{Name: "newsletters.counts", Next: periodic.Every(countsEvery), Do: func(ctx context.Context, _ time.Time) error {
			return h.newsletters.RefreshCounts(ctx)
		}},
		{Name: "newsletters.digests", Next: h.newsletters.NextSlot, Do: h.newsletters.MakeDigest},
		{Name: "delivery.brakes", Next: periodic.Every(brakesEvery), Do: func(ctx context.Context, _ time.Time) error {
			return h.delivery.ApplyBrakes(ctx)
		}},
		{Name: "delivery.sweep", Next: periodic.Every(time.Hour), Do: func(ctx context.Context, _ time.Time) error {
			return h.delivery.Sweep(ctx)
		}},
		{Name: "delivery.retention", Next: periodic.Daily(foldAt, h.town.Town().Zone()), Do: func(ctx context.Context, _ time.Time) error {
			return h.delivery.Fold(ctx)
		}},
	}...)
}

// mendTimes brings back to now the times that a clock which ran ahead wrote.
func (h *house) mendTimes(ctx context.Context) error {
	mended, err := h.db.MendTimes(ctx, h.clock.Now(), schemas()...)
	if len(mended) > 0 {
		h.log.WarnContext(ctx, "a clock ran ahead: its times are brought back to now; compare the clocks of all nodes", "times", mended)
	}
	return err
}

// dueEvery is how often a node looks for due issues.
const dueEvery = 2 * time.Second

// sendScheduled sends the issues that are due. Every node may do it: each issue is sent once.
func (r *run) sendScheduled(ctx context.Context, h *house) error {
	ticker := time.NewTicker(dueEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if _, err := h.newsletters.Due(ctx); err != nil && ctx.Err() == nil {
			r.log.Error("scheduled issues", "err", err)
		}
	}
}
