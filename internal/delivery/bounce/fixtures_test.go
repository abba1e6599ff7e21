package bounce

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/expected.jsonl anew")

// fixture reads a mail of testdata.
func fixture(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// fixtures lists the mails of testdata.
func fixtures(t testing.TB) []string {
	t.Helper()
	names, err := filepath.Glob("testdata/*.eml")
	if err != nil || len(names) == 0 {
		t.Fatal("no mails in testdata", err)
	}
	for i := range names {
		names[i] = filepath.Base(names[i])
	}
	return names
}

func mustParse(t testing.TB, raw []byte) Report {
	t.Helper()
	report, err := Parse(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// TestFixtures compares what is explained of each mail with testdata/expected.jsonl, a line each, in order.
func TestFixtures(t *testing.T) {
	var got strings.Builder
	for _, name := range fixtures(t) {
		got.Write(mustParse(t, fixture(t, name)).Explain(name).JSON())
		got.WriteByte('\n')
	}
	if *update {
		if err := os.WriteFile("testdata/expected.jsonl", []byte(got.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	wanted := strings.Split(string(fixture(t, "expected.jsonl")), "\n")
	for i, line := range strings.Split(got.String(), "\n") {
		if i >= len(wanted) || line != wanted[i] {
			t.Errorf("got  %s\nwant %s", line, wanted[min(i, len(wanted)-1)])
		}
	}
}
