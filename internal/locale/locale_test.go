package locale_test

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"unoxuno/internal/locale"
)

func folder(it, en string) fstest.MapFS {
	return fstest.MapFS{"it.toml": {Data: []byte(it)}, "words/en.toml": {Data: []byte(en)}}
}

func TestSayFillsHolesAndChoosesPlurals(t *testing.T) {
	words, err := locale.Load(folder(
		"[a]\nhello = \"Ciao {{.Name}}\"\n[a.people]\none = \"{{.Count}} persona\"\nother = \"{{.Count}} persone\"\n",
		"[a]\nhello = \"Hello {{.Name}}\"\n[a.people]\none = \"{{.Count}} person\"\nother = \"{{.Count}} people\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	ctx := locale.With(context.Background(), words, "en", "/en")
	for got, want := range map[string]string{
		words.Say("it", "a.hello", "Name", "Ada"):            "Ciao Ada",
		locale.T(ctx, "a.people", "Count", 1):                "1 person",
		locale.T(ctx, "a.people", "Count", 37500):            "37,500 people",
		words.Say("it", "a.people", "Count", int64(1234567)): "1.234.567 persone",
		words.Say("it", "a.missing"):                         "a.missing",
		locale.Path(ctx, "/"):                                "/en",
		locale.Path(ctx, "/x"):                               "/en/x",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestLoadRefusesAWordThatStandsTwice(t *testing.T) {
	one := folder("[a]\nx = \"1\"\n", "[a]\nx = \"1\"\n")
	if _, err := locale.Load(one, one); err == nil || !strings.Contains(err.Error(), `"a.x"`) {
		t.Errorf("got %v", err)
	}
	if _, err := locale.Load(fstest.MapFS{"it.toml": {Data: []byte("")}}); err == nil {
		t.Error("a folder without English was taken")
	}
}

func TestFormats(t *testing.T) {
	at := time.Date(2026, 11, 1, 9, 5, 0, 0, time.UTC)
	for got, want := range map[string]string{
		locale.Date("it", at):          "1 novembre 2026",
		locale.DateTime("en", at):      "1 November 2026, 09:05",
		locale.Date("it", time.Time{}): "–",
		locale.Number("it", 1234):      "1234",
		locale.Number("en", 1234):      "1,234",
		locale.Number("it", -12345):    "-12.345",
		locale.Percent("it", 1, 8):     "12,5 %",
		locale.Percent("en", 0, 0):     "–",
		locale.Number("en", 999):       "999",
		locale.Number("it", 100000000): "100.000.000",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
