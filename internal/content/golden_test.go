package content

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew; then look at them")

// golden compares with testdata/name.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s differs; if the change is meant, run go test -run Golden -update and look at the file. Got:\n%s", path, got)
	}
}

func TestGolden(t *testing.T) {
	doc := example(t)
	compiled, err := Compile(doc, exampleFrame(t))
	if err != nil {
		t.Fatal(err)
	}
	web, err := HTML(doc, labels(t, "it"))
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "issue.html", compiled.HTML.Fill(nil, exampleValues()))
	golden(t, "issue.txt", compiled.Text.Fill(nil, exampleValues()))
	golden(t, "issue.web.html", web)
}
