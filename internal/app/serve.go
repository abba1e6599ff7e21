package app

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"unoxuno/internal/access"
	"unoxuno/internal/fault"
)

type serveCmd struct{}

// Run serves until it is told to stop, then lets what is under way end.
func (serveCmd) Run(r *run) error {
	h, err := r.openHouse()
	if err != nil {
		return err
	}
	defer h.close(r)
	if r.config.SMTPURL == "" {
		r.log.Warn("no relay is set (UNOXUNO_SMTP_URL): mail waits")
	}
	return r.serve(h, nil)
}

// stopWithin is how long requests under way may take to end when the program stops.
const stopWithin = 20 * time.Second

// serve serves the site and does the periodic work until the context ends. ready is called when the site answers.
func (r *run) serve(h *house, ready func(address string), more ...func(context.Context) error) error {
	site, err := r.site(h)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(r.ctx, "tcp", r.config.Listen)
	if err != nil {
		return fault.Unavailable("app.listen", "Address", r.config.Listen).Because(err)
	}
	server := &http.Server{
		Handler: site, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: 2 * time.Minute,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
	}
	work, ctx := errgroup.WithContext(access.With(r.ctx, access.Actor{Kind: access.System, Name: "system"}))
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
	work.Go(func() error { return h.delivery.Run(ctx) })
	work.Go(func() error { return r.periodically(ctx, h) })
	for _, do := range more {
		work.Go(func() error { return do(ctx) })
	}
	r.log.Info("serving", "address", listener.Addr().String(), "url", r.config.PublicURL)
	if ready != nil {
		ready(listener.Addr().String())
	}
	return work.Wait()
}

// How often the periodic work looks whether it is due.
const (
	dueEvery   = 2 * time.Second
	sweepEvery = time.Hour
)

// periodically sends the issues whose time has come, and removes sign-ups that nobody confirmed. Each node may do it:
// what was done already is found done.
func (r *run) periodically(ctx context.Context, h *house) error {
	due, sweep := time.NewTicker(dueEvery), time.NewTicker(sweepEvery)
	defer due.Stop()
	defer sweep.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-due.C:
			if _, err := h.newsletters.Due(ctx); err != nil && ctx.Err() == nil {
				r.log.Error("scheduled issues", "err", err)
			}
		case <-sweep.C:
			if _, err := h.people.Sweep(ctx); err != nil && ctx.Err() == nil {
				r.log.Error("sweeping old sign-ups", "err", err)
			}
		}
	}
}
