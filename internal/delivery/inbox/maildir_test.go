package inbox_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"unoxuno/internal/delivery/inbox"
	"unoxuno/internal/fault"
)

// maildir makes an empty Maildir.
func maildir(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for _, part := range []string{"new", "cur", "tmp"} {
		if err := os.Mkdir(filepath.Join(folder, part), 0o750); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func put(t *testing.T, folder, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, "new", name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// holds checks the names of the files in a part of a Maildir.
func holds(t *testing.T, folder, part string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(folder, part))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s holds %q, not %q", part, got, want)
	}
}

func watcher(t *testing.T, folder string, d *desk) *inbox.Maildir {
	t.Helper()
	m, err := inbox.OpenMaildir(folder, d, silent())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const bounced = "Return-Path: <>\nDelivered-To: b-x@town.example\nSubject: Undelivered\n\nThe mailbox is full.\n"

func TestAMaildirIsWorkedOff(t *testing.T) {
	folder, d := maildir(t), &desk{}
	m := watcher(t, folder, d)
	put(t, folder, "1.host", bounced)
	put(t, folder, "2.host", "Return-Path: <maria@example.org>\nTo: Comune <newsletter@town.example>\n\nCiao\n")
	put(t, folder, "3.host:2,S", "To: nobody@elsewhere.example\n\nCiao\n")
	put(t, folder, "4.host", "no header at all")
	put(t, folder, ".hidden", bounced)
	if err := os.Symlink("/etc/hostname", filepath.Join(folder, "new", "5.link")); err != nil {
		t.Fatal(err)
	}
	d.obey(func(mail string) error {
		if strings.Contains(mail, "Ciao") {
			return fault.Invalid("delivery.back.letter")
		}
		return nil
	})
	if done, err := m.Step(t.Context()); err != nil || done != 4 {
		t.Fatalf("%d put away, %v", done, err)
	}
	if want := []string{"b-x@town.example: " + bounced}; !slices.Equal(d.got(), want) {
		t.Errorf("taken: %q", d.got())
	}
	holds(t, folder, "new", ".hidden", "5.link")
	holds(t, folder, "cur", "2.host:2,F", "3.host:2,F", "4.host:2,F") // nobody's letter is thrown away
	holds(t, folder, "taken")
}

func TestAMailThatFailsIsKeptAndTriedAgain(t *testing.T) {
	folder, d := maildir(t), &desk{}
	m := watcher(t, folder, d)
	put(t, folder, "1.host", bounced)
	put(t, folder, "2.host", strings.Replace(bounced, "b-x", "b-y", 1))
	d.obey(func(mail string) error {
		if strings.Contains(mail, "b-x") {
			return errTrouble
		}
		return nil
	})
	if done, err := m.Step(t.Context()); !errors.Is(err, errTrouble) || done != 1 {
		t.Fatalf("%d put away, %v", done, err)
	}
	holds(t, folder, "taken", "1.host")
	d.obey(nil)
	if done, err := m.Step(t.Context()); err != nil || done != 0 { // not so soon
		t.Fatalf("%d put away, %v", done, err)
	}
	// After a while, or after the death of the node that had it, any node takes it.
	long := time.Now().Add(-11 * time.Minute)
	if err := os.Chtimes(filepath.Join(folder, "taken", "1.host"), long, long); err != nil {
		t.Fatal(err)
	}
	if done, err := watcher(t, folder, d).Step(t.Context()); err != nil || done != 1 {
		t.Fatalf("%d put away, %v", done, err)
	}
	holds(t, folder, "taken")
	if len(d.got()) != 2 {
		t.Errorf("taken: %q", d.got())
	}
}

func TestSeveralNodesTakeAMailOnce(t *testing.T) {
	folder, d := maildir(t), &desk{}
	const mails = 200
	for i := range mails {
		put(t, folder, fmt.Sprintf("%d.host", i), fmt.Sprintf("To: b-%d@town.example\n\n%d\n", i, i))
	}
	var nodes errgroup.Group
	for range 4 {
		m := watcher(t, folder, d)
		nodes.Go(func() error {
			_, err := m.Step(t.Context())
			return err
		})
	}
	if err := nodes.Wait(); err != nil {
		t.Fatal(err)
	}
	got := d.got()
	slices.Sort(got)
	if len(got) != mails || len(slices.Compact(got)) != mails {
		t.Errorf("%d mails taken, of %d", len(got), mails)
	}
	holds(t, folder, "new")
	holds(t, folder, "taken")
}

func TestAFolderThatIsNoMaildir(t *testing.T) {
	if _, err := inbox.OpenMaildir(t.TempDir(), &desk{}, silent()); !fault.HasKey(err, "delivery.inbox.maildir") {
		t.Errorf("got %v", err)
	}
}
