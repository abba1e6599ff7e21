package storagetest

import (
	"flag"
	"os"
	"strconv"
	"testing"
)

// fewerCases is how many cases rapid tries for a law whose cases work on a database, with a new seed each time, on both
// engines.
const fewerCases = "20"

// Long tells whether the environment variable UNOXUNO_LONG asks for the long run: many cases for every law, and every
// simulation at full size.
func Long() bool { return os.Getenv("UNOXUNO_LONG") != "" }

// Size returns usual, or long in the long run.
func Size(usual, long int) int {
	if Long() {
		return long
	}
	return usual
}

// Main runs the tests of a package whose laws work on databases, with fewerCases unless -rapid.checks is set. Call it
// from TestMain, which ends with os.Exit.
func Main(m *testing.M) int {
	flag.Parse()
	said := false
	flag.Visit(func(f *flag.Flag) { said = said || f.Name == "rapid.checks" })
	if !said && !Long() {
		if err := flag.Set("rapid.checks", fewerCases); err != nil {
			panic(err) // a package without laws needs no Main
		}
	}
	return m.Run()
}

// Few sets the number of cases of the test's laws, for laws whose single case is the life of a whole town.
// -rapid.checks on the command line wins.
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
	t.Cleanup(func() { _ = flag.Set(name, usual) }) // cannot fail: the value was set before
}
