package storagetest

import (
	"flag"
	"os"
	"strconv"
	"testing"
)

// fewerCases is how many cases rapid tries of a law where each is work on a database: with a new seed each time, on both
// engines.
const fewerCases = "20"

// Long tells whether the environment variable UNOXUNO_LONG asks for the long run: every law with many cases, every
// simulation at its full size.
func Long() bool { return os.Getenv("UNOXUNO_LONG") != "" }

// Size is the size of what a test works on: usual, or long in the long run.
func Size(usual, long int) int {
	if Long() {
		return long
	}
	return usual
}

// Main runs the tests of a package whose property tests work on databases; -rapid.checks has the last word. For TestMain,
// which ends with os.Exit.
func Main(m *testing.M) int {
	flag.Parse()
	said := false
	flag.Visit(func(f *flag.Flag) { said = said || f.Name == "rapid.checks" })
	if !said && !Long() {
		if err := flag.Set("rapid.checks", fewerCases); err != nil {
			panic(err) // a package without property tests needs no Main
		}
	}
	return m.Run()
}

// Few has rapid try the test's laws in so many cases instead, because each is the life of a whole town; what the command
// line says stays.
func Few(t *testing.T, cases int) {
	t.Helper()
	const name = "rapid.checks"
	usual := flag.Lookup(name).Value.String()
	if usual != fewerCases {
		return
	}
	if err := flag.Set(name, strconv.Itoa(cases)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = flag.Set(name, usual) }) // it was set to that before
}
