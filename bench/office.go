package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"time"

	"unoxuno/bench/record"
	"unoxuno/bench/rig"
	"unoxuno/internal/storage"
)

func officeMeasure() measure {
	return measure{
		name: "office", title: "The office's first pages",
		about: "`unoxuno serve` is started, and an administrator opens the page at once: the first answer of a new process. Each page " +
			"has a process of its own, twice: the first just after the import, when nothing has been counted yet.",
		take: func(ctx context.Context, b *bench) error {
			return b.everyEngine(func(engine storage.Engine, name string, _ int) error {
				return b.openOffice(ctx, engine, name)
			})
		},
	}
}

// officePages are the pages that count people before anybody asked for a figure.
var officePages = []string{"/office", "/office/newsletters"}

// openOffice opens each page in a new process, first in a copy of the town that nobody has looked at.
func (b *bench) openOffice(ctx context.Context, engine storage.Engine, name string) error {
	town, err := b.Fixture(ctx, engine, b.plan.crowd)
	if err != nil {
		return err
	}
	row := b.row(fmt.Sprintf("%s, %d people", name, b.plan.crowd))
	for _, page := range officePages {
		first, again, err := openTwice(ctx, town, page)
		if err != nil {
			return fmt.Errorf("%s: %w", page, err)
		}
		row.Add(page+", first after the import", "ms", milliseconds(first), b.speed(record.AtMost(wantedWait)))
		row.Add(page+", after a start", "ms", milliseconds(again), b.speed(record.AtMost(wantedWait)))
	}
	return nil
}

// openTwice times the first answer of a page in two processes, one after the other.
func openTwice(ctx context.Context, town *rig.Fixture, page string) (first, again time.Duration, err error) {
	h, err := town.Copy(ctx)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, h.Remove()) }()
	addr, err := rig.FreeAddress(ctx)
	if err != nil {
		return 0, 0, err
	}
	h = h.With("public_url", "http://"+addr).With("listen", addr)
	administrator, err := signInAtOffice(ctx, h, addr)
	if err != nil {
		return 0, 0, err
	}
	for _, took := range []*time.Duration{&first, &again} {
		if *took, err = openCold(ctx, h, administrator, addr, page); err != nil {
			return 0, 0, err
		}
	}
	return first, again, nil
}

// openCold starts the program, times one answer and stops the program.
func openCold(ctx context.Context, h *rig.House, visitor *http.Client, addr, page string) (took time.Duration, err error) {
	server, err := serve(ctx, h, addr)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, server.Stop(stopWithin)) }()
	visitor.CloseIdleConnections()
	began := time.Now()
	status, err := ask(ctx, visitor, http.MethodGet, "http://"+addr+page, nil)
	took = time.Since(began)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("%s answers %d", page, status)
	}
	return took, err
}

var invitationLink = regexp.MustCompile(`/office/invitation/[\w-]+`)

// signInAtOffice makes an administrator and a browser that is signed in. The server that this takes is stopped again.
func signInAtOffice(ctx context.Context, h *rig.House, addr string) (visitor *http.Client, err error) {
	done, err := h.Run(ctx, "staff", "add", "capo@comune.example", "--role", "administrator", "--name", "Capo")
	if err != nil {
		return nil, err
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	visitor = &http.Client{
		Jar: jar, Timeout: time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	server, err := serve(ctx, h, addr)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, server.Stop(stopWithin)) }()
	const password = "una frase soltanto di prova"
	invitation := invitationLink.FindString(string(done.Out))
	status, err := ask(ctx, visitor, http.MethodPost, "http://"+addr+invitation, url.Values{"password": {password}, "again": {password}})
	if err == nil && status != http.StatusSeeOther {
		err = fmt.Errorf("the invitation %q answers %d", invitation, status)
	}
	return visitor, err
}

// ask asks and reads the whole answer.
func ask(ctx context.Context, visitor *http.Client, method, address string, form url.Values) (status int, err error) {
	request, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := visitor.Do(request)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, errors.Join(err, response.Body.Close())
}
