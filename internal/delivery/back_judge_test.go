package delivery_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/mail"
	"net/smtp"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/bounce"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/delivery/inbox"
	"unoxuno/internal/fault"
)

// door passes incoming mail to a node, as the app does, and keeps the node's answer.
type door struct {
	*node
	mu    sync.Mutex
	asked []string
}

func (d *door) Take(ctx context.Context, recipient string, mail io.Reader) error {
	err := d.TakeBack(ctx, delivery.Back{Recipient: recipient, Mail: mail})
	said := "taken"
	if err != nil {
		said = "refused"
		if !fault.HasKey(err, "delivery.back.letter") {
			said = err.Error()
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = append(d.asked, said)
	return err
}

func (d *door) last() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	said := d.asked[len(d.asked)-1]
	d.asked = nil
	return said
}

// returnedMails returns the mails of bounce's tests and, if present, the real ones: a directory of *.eml each.
func returnedMails(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for _, dir := range append([]string{"bounce/testdata"}, filepath.SplitList(os.Getenv("UNOXUNO_BOUNCE_CORPUS"))...) {
		names, err := filepath.Glob(filepath.Join(dir, "*.eml"))
		if err != nil || len(names) == 0 {
			t.Fatal("no mails in ", dir, err)
		}
		for _, name := range names {
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all[filepath.Base(name)] = raw
		}
	}
	return all
}

// TestOneJudge: for every mail, `unoxuno bounce explain` and the records of the listener and of the Maildir watcher
// agree on kind, reason and code, or that it is not a bounce.
func TestOneJudge(t *testing.T) {
	files := returnedMails(t)
	sink := deliverytest.New(t, deliverytest.Options{})
	n := newNode(t, storageSQLite(t), newTown(t), clock.At(morning), sink.URL())
	d := &door{node: n}
	listener, err := inbox.Listen(t.Context(), "smtp://127.0.0.1:0", d, inbox.Options{
		Domain: "town.example", Log: slog.New(slog.DiscardHandler), Say: func(error) string { return "no" },
	})
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	running.Go(func() { _ = listener.Run(ctx) })
	t.Cleanup(func() { stop(); running.Wait() })
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "new"), 0o700); err != nil {
		t.Fatal(err)
	}
	watcher, err := inbox.OpenMaildir(folder, d, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	batch := n.enqueue(t, 1, 1, int64(2*len(files)))
	n.step(t)
	to := map[int64]string{}
	for _, m := range sink.Mails() {
		e, err := n.OpenBounce(m.From)
		if err != nil {
			t.Fatal(err)
		}
		to[e.Person] = m.From
	}
	person := int64(0)
	for name, raw := range files {
		raw, sender := asDelivered(raw)
		want, err := bounce.Parse(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		person++
		_, rest, _ := bytes.Cut(raw, []byte("\n")) // the listener writes the Return-Path itself
		if err := smtp.SendMail(listener.Addr(), nil, sender, []string{to[person]}, rest); err != nil && d.peek() != "refused" {
			t.Errorf("%s: %v", name, err)
		}
		n.judged(t, "the listener", name, batch.ID, person, d.last(), want)
		person++
		if err := os.WriteFile(filepath.Join(folder, "new", name), withRecipient(raw, to[person]), 0o600); err != nil {
			t.Fatal(err)
		}
		if done, err := watcher.Step(t.Context()); done != 1 || err != nil {
			t.Fatal(done, err)
		}
		n.judged(t, "the Maildir", name, batch.ID, person, d.last(), want)
	}
}

func (d *door) peek() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Join(d.asked, " ")
}

// asDelivered returns the mail with one Return-Path field at the top, and its envelope sender. A file without that
// field is a notice with an empty sender.
func asDelivered(raw []byte) (delivered []byte, sender string) {
	raw = bytes.TrimLeft(raw, " \t\r\n")
	if m, err := mail.ReadMessage(bytes.NewReader(raw)); err == nil {
		if path, err := mail.ParseAddress(m.Header.Get("Return-Path")); err == nil {
			sender = path.Address
		}
	}
	return append([]byte("Return-Path: <"+sender+">\n"), raw...), sender
}

// withRecipient adds the envelope's recipient below the Return-Path, as mail systems do when they deliver into a
// Maildir.
func withRecipient(raw []byte, recipient string) []byte {
	first, rest, _ := bytes.Cut(raw, []byte("\n"))
	return bytes.Join([][]byte{first, []byte("Delivered-To: " + recipient), rest}, []byte("\n"))
}

// judged compares the record of a message with the report.
func (n *node) judged(t *testing.T, where, name string, batch, person int64, said string, want bounce.Report) {
	t.Helper()
	var kind, reason, status string
	err := n.db.QueryRowContext(t.Context(), "SELECT kind, reason, status FROM delivery_return WHERE batch = $1 AND person = $2", batch, person).
		Scan(&kind, &reason, &status)
	switch {
	case want.Kind == bounce.None || want.Kind == bounce.Auto:
		wanted := map[bounce.Kind]string{bounce.None: "refused", bounce.Auto: "taken"}[want.Kind]
		if err == nil || said != wanted {
			t.Errorf("%s: %s says %s, %s; explained as %s", name, where, said, kind, want.Kind)
		}
	case err != nil || said != "taken":
		t.Errorf("%s: %s says %s, %v; explained as %s", name, where, said, err, want.Kind)
	case len(want.Recipients) == 1:
		if one := want.Recipients[0]; kind != string(one.Kind) || reason != string(one.Reason) || status != one.Status {
			t.Errorf("%s: %s says %s %s %s; explained as %+v", name, where, kind, reason, status, one)
		}
	case kind != string(want.Kind) && kind != string(bounce.Soft): // one of several failed
		t.Errorf("%s: %s says %s; explained as %s", name, where, kind, want.Kind)
	}
}
