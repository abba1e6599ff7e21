package app

import (
	"context"
	"net/http"
	"time"

	"unoxuno/internal/people"
)

type serveCmd struct{}

// Run serves until it is stopped, and then completes the requests in progress.
func (serveCmd) Run(r *run) error {
	r.stays = true
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

// stopWithin is how long requests in progress may take when the program stops.
const stopWithin = 20 * time.Second

// serve serves the site and does the periodic work until the context ends. ready is called when the site answers.
func (r *run) serve(h *house, ready func(address string), more ...func(context.Context) error) error {
	site, err := r.site(h)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler: site, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: 2 * time.Minute,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
	}
	work, ctx := r.atWork()
	if err := r.takeBack(ctx, work, h); err != nil {
		return err
	}
	work.Go(func() error { return r.background(ctx, work, h) })
	work.Go(func() error { return h.newsletters.KeepCounting(ctx) })
	work.Go(func() error { return h.people.KeepIndex(ctx, people.IndexOptions{Log: r.log}) })
	for _, do := range more {
		work.Go(func() error { return do(ctx) })
	}
	work.Go(func() error {
		return serveOn(ctx, work, r.config.Listen, server, func(address string) {
			r.log.Info("serving", "address", address, "url", r.config.PublicURL)
			if ready != nil {
				ready(address)
			}
		})
	})
	return work.Wait()
}
