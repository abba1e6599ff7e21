package routing_test

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/email"
	"unoxuno/internal/delivery/routing"
	"unoxuno/internal/fault"
	"unoxuno/internal/locale"
)

const whole = `
relays:
  - {name: a, url: "smtp://u:p@a.example:587", weight: 3, conns: 6, max_messages: 100, max_age: 5m}
  - {name: b, url: smtps://b.example, pipelining: off, slow_start: {since: 2026-03-01, per_minute: 60, doubling: 24h}}
routes:
  theatre: [b]
domains:
  - {names: [gmail.com, città.example], connections: 4, per_minute: 600}
other_domains: {connections: 9}
windows: {default: "mon-fri 07:00-21:00", theatre: "10:00-23:00"}
brake: {per_minute: 9000}
dkim:
  - {domain: town.example, selector: s1, key: keys/rsa.pem}
`

func TestAFileSaysHowMailLeaves(t *testing.T) {
	plan, err := routing.Parse("f", []byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	always, err := routing.ParseWindow("mon-fri 07:00-21:00")
	if err != nil {
		t.Fatal(err)
	}
	evening, err := routing.ParseWindow("10:00-23:00")
	if err != nil {
		t.Fatal(err)
	}
	want := routing.Plan{
		Relays: []routing.Relay{
			{Name: "a", URL: "smtp://u:p@a.example:587", Weight: 3, Conns: 6, MaxMessages: 100, MaxAge: 5 * time.Minute},
			{Name: "b", URL: "smtps://b.example", Weight: 1, LockStep: true, SlowStart: email.Ramp{
				Since: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), PerMinute: 60, Doubling: 24 * time.Hour,
			}},
		},
		Routes:    map[string][]string{"theatre": {"b"}},
		Domains:   []routing.Domain{{Names: []string{"gmail.com", "xn--citt-3na.example"}, Limit: routing.Limit{Connections: 4, PerMinute: 600}}},
		Others:    routing.Limit{Connections: 9},
		Windows:   map[string]routing.Window{"": always, "theatre": evening},
		PerMinute: 9000,
		Keys:      []routing.Key{{Domain: "town.example", Selector: "s1", File: "keys/rsa.pem"}},
	}
	if !reflect.DeepEqual(plan, want) {
		t.Errorf("%+v\nwant %+v", plan, want)
	}
}

func TestTheExampleIsAFile(t *testing.T) {
	plan, err := routing.Read("../../../examples/delivery.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Relays) != 3 || len(plan.Domains) != 2 || !slices.Equal(plan.Shared(), []string{"centro", "nuovo"}) {
		t.Errorf("%+v", plan)
	}
	text, err := os.ReadFile("../../../examples/delivery.yaml")
	if err != nil {
		t.Fatal(err)
	}
	// What the example leaves to be uncommented is right as well.
	_, signatures, _ := strings.Cut(string(text), "# dkim:")
	plan, err = routing.Parse("f", []byte("dkim:"+strings.ReplaceAll(signatures, "\n# ", "\n")))
	if err != nil || len(plan.Keys) != 2 {
		t.Errorf("%+v, %v", plan.Keys, err)
	}
}

func TestMistakesNameTheirLine(t *testing.T) {
	for text, want := range map[string]string{
		"relay: []": "delivery.file.unknown_near File=f Line=1 Near=relays Word=relay",
		"\nrelays:\n  - {name: a, url: smtp://a, weigth: 2}":                                  "delivery.file.unknown_near File=f Line=3 Near=weight Word=weigth",
		"zzzzzzzzzzzzzzzz: 1":                                                                 "delivery.file.unknown File=f",
		"relays:\n- {url: smtp://a}":                                                          "delivery.file.missing File=f Line=2 Word=name",
		"relays:\n- {name: a, url: smtp://a}\n- {name: a, url: smtp://b}":                     "delivery.file.twice File=f Line=3 Word=a",
		"relays:\n- {name: a, url: 'http://u:geheim@a'}":                                      "delivery.file.relay_url File=f Line=2",
		"relays:\n- {name: a}":                                                                "delivery.file.relay_url File=f Line=2",
		"relays: {name: a}":                                                                   "delivery.file.value File=f Line=1 Need=[…]",
		"relays:\n- {name: a, url: smtp://a, pipelining: on}":                                 "delivery.file.value File=f Line=2 Need=auto, off Value=on Word=pipelining",
		"relays:\n- {name: a, url: smtp://a, weight: 0}":                                      "delivery.file.value File=f Line=2 Need=1–100 Value=0 Word=weight",
		"relays:\n- {name: a, url: smtp://a, slow_start: {since: 2026-01-01, per_minute: 5}}": "delivery.file.missing File=f Line=2 Word=doubling",
		"relays:\n- {name: centro, url: smtp://a}\nroutes:\n  x: [cenrto]":                    "delivery.file.unknown_near File=f Line=4 Near=centro Word=cenrto",
		"relays:\n- {name: a, url: smtp://a}\nroutes: {x: []}":                                "delivery.file.value File=f Line=3",
		"domains:\n- {names: [a.example]}":                                                    "delivery.file.missing File=f Line=2 Word=per_minute",
		"domains:\n- {names: [a.example, b b], per_minute: 3}":                                "delivery.file.value File=f Line=2 Need=example.org Value=b b Word=names",
		"domains:\n- {names: [a.example, A.example], per_minute: 3}":                          "delivery.file.twice File=f Line=2 Word=a.example",
		"windows: {default: tuesdays}":                                                        "delivery.file.value File=f Line=1",
		"brake: {per_minute: many}":                                                           "delivery.file.value File=f Line=1",
		"dkim:\n- {domain: a.example, selector: s}":                                           "delivery.file.missing File=f Line=2 Word=key",
		"a: [": "delivery.file.malformed File=f Line=1",
		"brake: {per_minute: 1}\nbrake: {per_minute: 2}": "delivery.file.malformed File=f Line=2",
	} {
		_, err := routing.Parse("f", []byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "geheim") {
			t.Errorf("%q: the fault quotes the password", text)
		}
	}
}

func TestAllMistakesAreToldAtOnce(t *testing.T) {
	_, err := routing.Parse("f", []byte("relays: 3\nbrake: {per_minute: 0}\nwindow: {}\n"))
	if n := len(fault.List(err)); n != 3 {
		t.Errorf("%d faults: %v", n, err)
	}
}

func TestFilesAreLookedForBesideTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "delivery.yaml")
	if err := os.WriteFile(path, []byte(whole), 0o600); err != nil {
		t.Fatal(err)
	}
	plan, err := routing.Read(path)
	if err != nil || plan.Keys[0].File != filepath.Join(filepath.Dir(path), "keys", "rsa.pem") {
		t.Errorf("%+v, %v", plan.Keys, err)
	}
	if _, err := routing.Read(path + "x"); !fault.HasKey(err, "delivery.file.unreadable") {
		t.Error(err)
	}
}

func TestEveryFaultHasWords(t *testing.T) {
	words, err := locale.Load(delivery.Words())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"unreadable", "malformed", "unknown", "unknown_near", "value", "missing", "twice", "relay_url"} {
		if key := "delivery.file." + name; !slices.Contains(words.Keys("it"), key) || !slices.Contains(words.Keys("en"), key) {
			t.Errorf("no words for %s", key)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(whole)
	f.Add("relays: &a [*a]")
	f.Add("? {a: b}\n: c")
	f.Fuzz(func(_ *testing.T, text string) {
		_, _ = routing.Parse("f", []byte(text)) // it does not fall over
	})
}
