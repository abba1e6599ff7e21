package inbox

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"time"

	"unoxuno/internal/fault"
)

// Maildir watches a folder into which mail is delivered (https://cr.yp.to/proto/maildir.html). Mails arrive in new. A
// node that processes one moves it to taken, which only one of several nodes can do. Processed mails are removed. Mails
// that are not for us, or that a person should read, end in cur with the flag F.
type Maildir struct {
	folder string
	taker  Taker
	log    *slog.Logger
	claims time.Duration
}

// taken is the folder of mails being processed, beside the Maildir's own three.
const taken = "taken"

// OpenMaildir returns a watcher of the folder, which must exist; the fault delivery.inbox.maildir if it does not.
func OpenMaildir(folder string, taker Taker, log *slog.Logger) (*Maildir, error) {
	unusable := fault.Unavailable("delivery.inbox.maildir", "Folder", folder)
	if info, err := os.Stat(filepath.Join(folder, "new")); err != nil || !info.IsDir() {
		return nil, unusable.Because(err)
	}
	for _, name := range []string{"cur", taken} {
		if err := os.MkdirAll(filepath.Join(folder, name), 0o700); err != nil {
			return nil, unusable.Because(err)
		}
	}
	return &Maildir{folder: folder, taker: taker, log: log, claims: claimFor}, nil
}

// Run watches until ctx ends. It logs failures and goes on.
func (m *Maildir) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		if _, err := m.Step(ctx); err != nil && ctx.Err() == nil {
			m.log.ErrorContext(ctx, "the Maildir is troubled", "error", err)
		}
		timer.Reset(watchEvery)
	}
}

// Step processes the mails that are there and returns how many it put away.
func (m *Maildir) Step(ctx context.Context) (done int, err error) {
	if err := m.recover(ctx); err != nil {
		return 0, err
	}
	var failed []error
	err = m.each(ctx, "new", func(name string, _ fs.FileInfo) {
		path, ok := m.claim(name)
		if !ok {
			return
		}
		if err := m.work(ctx, path); err != nil {
			failed = append(failed, err) // it stays in taken and is tried again later
			return
		}
		done++
	})
	return done, errors.Join(append(failed, err)...)
}

// each calls do for the regular files in a part of the Maildir.
func (m *Maildir) each(ctx context.Context, part string, do func(name string, info fs.FileInfo)) error {
	folder, err := os.Open(m.path(part, ""))
	if err != nil {
		return err
	}
	defer func() { _ = folder.Close() }() // only read
	for ctx.Err() == nil {
		entries, err := folder.ReadDir(atATime)
		for _, entry := range entries {
			if ctx.Err() != nil {
				return nil
			}
			if info, err := entry.Info(); err == nil && info.Mode().IsRegular() && !strings.HasPrefix(entry.Name(), ".") {
				do(entry.Name(), info)
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *Maildir) path(part, name string) string { return filepath.Join(m.folder, part, name) }

// recover returns mails that were claimed long ago: the node died, or processing failed.
func (m *Maildir) recover(ctx context.Context) error {
	return m.each(ctx, taken, func(name string, info fs.FileInfo) {
		if time.Since(info.ModTime()) >= m.claims {
			_ = os.Rename(m.path(taken, name), m.path("new", name)) // another node may have been first
		}
	})
}

// claim claims a mail: of several nodes that rename a file one succeeds. It sets the file's time before, so that nobody
// takes the claim for an old one.
func (m *Maildir) claim(name string) (path string, ok bool) {
	now := time.Now()
	path = m.path(taken, name)
	return path, os.Chtimes(m.path("new", name), now, now) == nil && os.Rename(m.path("new", name), path) == nil
}

// work processes a mail and puts it away.
func (m *Maildir) work(ctx context.Context, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	err = m.take(ctx, file)
	_ = file.Close() // only read
	switch {
	case err == nil:
		return os.Remove(path)
	case passing(err):
		return err
	}
	name, _, _ := strings.Cut(filepath.Base(path), ":")
	return os.Rename(path, m.path("cur", name+":2,F"))
}

// receivedFields contain the envelope's recipient, if the delivering program recorded it.
var receivedFields = []string{"Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To"}

// take passes the mail to the Taker unchanged. Its recipient is the one recorded in the header on delivery.
func (m *Maildir) take(ctx context.Context, file *os.File) error {
	header := mail.Header{}
	if message, err := mail.ReadMessage(bufio.NewReader(io.LimitReader(file, 1<<20))); err == nil {
		header = message.Header
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	var refused error
	for _, field := range receivedFields {
		for _, value := range header[field] {
			recipient := bare(value)
			if err := m.taker.Expects(recipient); err != nil {
				refused = err
				continue
			}
			return m.taker.Take(ctx, recipient, file)
		}
	}
	if refused == nil {
		refused = fault.NotFound("delivery.back.nobody")
	}
	return refused
}

// bare returns the address in a field, without a name.
func bare(value string) string {
	if parsed, err := mail.ParseAddress(value); err == nil {
		return parsed.Address
	}
	return strings.Trim(strings.TrimSpace(value), "<>")
}
