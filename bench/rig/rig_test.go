package rig

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"unoxuno/internal/app"
	"unoxuno/internal/delivery/deliverytest"
)

func TestCounterReadsSmtpSink(t *testing.T) {
	var c counter
	for _, said := range []string{"sess=1 quit=0 mesg=0\rsess=1 qu", "it=0 mesg=1\r", "sess=1 quit=0 mesg=2\rsess=1 quit=0 mesg=3\rse"} {
		if _, err := c.Write([]byte(said)); err != nil {
			t.Fatal(err)
		}
	}
	if many, first, last := c.state(); many != 3 || first.IsZero() || last.Before(first) {
		t.Errorf("%d messages, %v to %v", many, first, last)
	}
	c.mark()
	if many, _, _ := c.state(); many != 0 {
		t.Errorf("%d messages since the mark", many)
	}
}

func TestStatOfAProcessWithAnyName(t *testing.T) {
	const text = "42 (odd) name (x)) S 7 42 42 0 -1 4194560 1 2 3 4 10 20 30 40 20 0 1 0 100"
	if s, ok := parseStat(text); !ok || s != (stat{pid: 42, parent: 7, ticks: 100}) {
		t.Errorf("%+v, %v", s, ok)
	}
	if _, ok := parseStat("42 (cut"); ok {
		t.Error("half a line is read")
	}
}

// TestProcessesAreWatched: what a process cost is read from outside, and is its own.
func TestProcessesAreWatched(t *testing.T) {
	r, err := New(os.Args[0], t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	ballast := make([]byte, 256<<20) // ours: it must not be counted as the child's
	for i := range ballast {
		ballast[i] = 1
	}
	p, err := r.start(t.Context(), os.Environ(), "sh", "-c", "head -c 200000000 /dev/zero | tail -c 1 >&2; echo out; exit 3")
	if err != nil {
		t.Fatal(err)
	}
	done, err := p.finish()
	if err != nil || done.Code != 3 || strings.TrimSpace(string(done.Out)) != "out" {
		t.Errorf("%+v, %v", done, err)
	}
	if done.Peak <= 0 || done.Peak > int64(len(ballast)) || done.Wall <= 0 {
		t.Errorf("%d bytes at most, %v", done.Peak, done.Wall)
	}
	if ballast[len(ballast)-1] != 1 {
		t.Error("the ballast is gone")
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(r.Folder); !os.IsNotExist(err) {
		t.Errorf("the folder is still there: %v", err)
	}
}

// TestTheTownIsWhole: nobody shares an address, and no column is empty.
func TestTheTownIsWhole(t *testing.T) {
	const many = 500
	emails, mobiles := map[string]bool{}, map[string]bool{}
	for row := range Everybody(many) {
		emails[row.Email], mobiles[row.Mobile] = true, true
		if row.GivenName == "" || row.FamilyName == "" || len(row.BirthDate) != len(time.DateOnly) || row.Place == "" || row.Language == "" ||
			len(row.Who) == 0 || len(row.Wants) == 0 || len(row.Newsletters) == 0 || len(row.Consents) != 2 || row.ConsentDate == "" {
			t.Fatalf("%+v", row)
		}
	}
	if len(emails) != many || len(mobiles) != many {
		t.Errorf("%d e-mail addresses and %d mobile numbers of %d people", len(emails), len(mobiles), many)
	}
}

// TestLettersAreOfSixKilobytes: what is measured is mails of 6 kB, as the results say and as smtp-source sends them.
func TestLettersAreOfSixKilobytes(t *testing.T) {
	r, err := New(os.Args[0], t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	in, err := r.InputsFor(40)
	if err != nil {
		t.Fatal(err)
	}
	sink := deliverytest.New(t, deliverytest.Options{})
	data := t.TempDir()
	settings := map[string]string{
		"UNOXUNO_DATA": data, "UNOXUNO_SECRET": secret, "UNOXUNO_DATABASE_URL": "sqlite:" + filepath.Join(data, "house.db"),
		"UNOXUNO_SMTP_URL": sink.URL(), "UNOXUNO_LOG_LEVEL": "warn",
	}
	for _, args := range [][]string{
		{"town", "apply", in.Town}, {"people", "import", in.People}, {"issue", "send", in.Issue, "--wait"},
	} {
		var said bytes.Buffer
		std := app.Stdio{In: strings.NewReader(""), Out: &said, Err: &said}
		if code := app.Main(t.Context(), args, func(name string) string { return settings[name] }, std); code != 0 {
			t.Fatalf("%v: exit %d: %s", args, code, &said)
		}
	}
	mails := sink.Mails()
	if len(mails) != in.Many {
		t.Errorf("%d mails to %d people", len(mails), in.Many)
	}
	for _, m := range mails {
		if n := len(m.Data); n < 6000 || n > 6300 {
			t.Errorf("to %s: %d bytes", m.To, n)
		}
	}
}
