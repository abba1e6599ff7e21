package yamlfile_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"unoxuno/internal/yamlfile"
)

type form struct {
	Title  string            `yaml:"title"`
	Urgent bool              `yaml:"urgent"`
	Most   int               `yaml:"most"`
	Opt    *bool             `yaml:"opt"`
	Codes  []string          `yaml:"codes"`
	Inner  map[string]string `yaml:"inner"`
}

func TestTextIsTakenAsWritten(t *testing.T) {
	for _, written := range []string{
		"036023", "0112", "3.10", "3.0", "yes", "no", "on", "true", "TRUE", "False", "null", "NULL", "~", "2026-01-02", "1e3", "0x1F", "0o17",
		"0b11", ".5", "5.", "12:30", "1_000", "+5", "-0", "007", ".inf", ".nan", "-12", "99999999999999999999", "00", "2026-01-02T10:00:00Z",
	} {
		var f form
		text := "title: " + written + "\ncodes: [" + written + "]\ninner:\n  a: " + written + "\n"
		if err := yamlfile.Decode([]byte(text), &f); err != nil || f.Title != written || f.Codes[0] != written || f.Inner["a"] != written {
			t.Errorf("%s is read as %q, %q, %q: %v", written, f.Title, f.Codes, f.Inner, err)
		}
	}
}

// TestEveryNumberIsTakenAsWritten: whatever looks like a number, a date or a time stays what it is.
func TestEveryNumberIsTakenAsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		written := rapid.StringMatching(`[-+]?[0-9][0-9_.xobeE:TZ-]{0,12}`).Filter(func(s string) bool {
			return !strings.HasSuffix(s, ":") && !strings.HasSuffix(s, "-")
		}).Draw(t, "written")
		var f form
		if err := yamlfile.Decode([]byte("title: "+written+"\n"), &f); err != nil || f.Title != written {
			t.Fatalf("%s is read as %q: %v", written, f.Title, err)
		}
	})
}

func TestOtherTypesAreRead(t *testing.T) {
	var f form
	err := yamlfile.Decode([]byte("urgent: true\nmost: 3\nopt: false\ncodes:\ntitle:\n"), &f)
	if err != nil || !f.Urgent || f.Most != 3 || f.Opt == nil || *f.Opt || f.Codes != nil || f.Title != "" {
		t.Errorf("%+v, %v", f, err)
	}
	if err := yamlfile.Decode([]byte(" \n# nothing\n"), &f); err != nil {
		t.Error(err)
	}
}

func TestMistakesHaveTheirLine(t *testing.T) {
	for text, want := range map[string]yamlfile.Error{
		"title: a\n\nurgent: perhaps\n":    {Line: 3},
		"title: a\nmost: 03.5\n":           {Line: 2},
		"title: a\ntitel: b\n":             {Line: 2, Unknown: "titel"},
		"title: a\nmost: 1\ntitle: b\n":    {Line: 3},
		"title: a\ncodes: {a: b\n":         {Line: 2},
		"title: a\ncodes: text\n":          {Line: 2},
		"title: a\n---\ntitle: b\n":        {Line: 2},
		"title: a\ninner:\n  - a\n  - b\n": {Line: 3},
	} {
		var f form
		err := yamlfile.Decode([]byte(text), &f)
		var got *yamlfile.Error
		if !errors.As(err, &got) || got.Unknown != want.Unknown || got.Line != want.Line || got.Reason == "" {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
}

func TestPairs(t *testing.T) {
	pairs, err := yamlfile.Pairs([]byte("secret: 0123456789012345678901234567890123\nsmtp_conns: 08\nx: 1.50\n"))
	if err != nil || pairs["secret"] != "0123456789012345678901234567890123" || pairs["smtp_conns"] != "08" || pairs["x"] != "1.50" {
		t.Errorf("%v, %v", pairs, err)
	}
	if _, err := yamlfile.Pairs([]byte("a: [1]\n")); err == nil {
		t.Error("a list is no value")
	}
}
