package main

import (
	"context"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"unoxuno/bench/rig"
	"unoxuno/internal/app"
)

// TestMain is the program itself where a house is at hand: the houses of the test below run this binary.
func TestMain(m *testing.M) {
	if os.Getenv("UNOXUNO_DATA") == "" {
		os.Exit(m.Run())
	}
	os.Exit(beProgram())
}

func beProgram() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return app.Main(ctx, os.Args[1:], os.Getenv, app.Stdio{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
}

// TestNobodyIsLostWhateverBreaks is the table of faults in a small town: nobody lost, no repeat beyond what was in flight,
// and the numbers shown are those that the mail server counted.
func TestNobodyIsLostWhateverBreaks(t *testing.T) {
	if rig.PostgresBin() == "" && os.Getenv("UNOXUNO_REQUIRE_POSTGRES") != "" {
		t.Fatal(rig.ErrNoPostgres)
	}
	r, err := rig.New(os.Args[0], "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	b := &bench{Rig: r, known: newKnown(), plan: plan{faults: faultPlan{
		town: 600, kills: 3, stops: 2, away: 3 * time.Second, stall: time.Second, greet: 500 * time.Millisecond,
		room: []int64{64 << 10}, within: 3 * time.Minute, beside: 4,
	}}}
	if err := takeFaults(t.Context(), b); err != nil {
		t.Error(err)
	}
	for _, text := range b.result.Failed() {
		t.Error(text)
	}
	for _, text := range b.result.Skipped {
		t.Log("not tried: ", text)
	}
	for _, row := range b.result.Rows {
		t.Log(row.Name, strings.Join(row.Notes, "; "))
	}
}
