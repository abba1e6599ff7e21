package rig

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// ErrNoWrk says that wrk is not on this machine.
var ErrNoWrk = errors.New("wrk is not on this machine; on Debian: apt-get install wrk")

// HasWrk tells whether wrk is there.
func HasWrk() bool {
	_, err := exec.LookPath("wrk")
	return err == nil
}

// Load is what wrk says of a server.
type Load struct {
	Requests int64   // answered
	Rate     float64 // a second
	Bad      int64   // answers of 400 and above, and connections that broke
}

var (
	wrkRequests = regexp.MustCompile(`(\d+) requests in`)
	wrkRate     = regexp.MustCompile(`Requests/sec:\s+([\d.]+)`)
	wrkBad      = regexp.MustCompile(`Non-2xx or 3xx responses: (\d+)`)
	wrkBroken   = regexp.MustCompile(`Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)`)
)

// Wrk asks for the address over that many connections for a while.
func (r *Rig) Wrk(ctx context.Context, address string, connections int, during time.Duration) (l Load, err error) {
	if !HasWrk() {
		return l, ErrNoWrk
	}
	args := []string{"-c" + strconv.Itoa(connections), "-t2", "-d" + strconv.Itoa(int(during.Seconds())) + "s"}
	r.Note("wrk " + strings.Join(args, " ") + " " + general(address[:min(len(address), len("http://127.0.0.1:12345/l/"))]) + "…")
	out, err := exec.CommandContext(ctx, "wrk", append(args, address)...).CombinedOutput()
	if err != nil {
		return l, fmt.Errorf("wrk: %w: %s", err, out)
	}
	requests, rate := wrkRequests.FindSubmatch(out), wrkRate.FindSubmatch(out)
	if requests == nil || rate == nil {
		return l, fmt.Errorf("wrk said what we do not understand: %s", out)
	}
	l.Requests, _ = strconv.ParseInt(string(requests[1]), 10, 64)
	l.Rate, _ = strconv.ParseFloat(string(rate[1]), 64)
	for _, found := range [][][]byte{wrkBad.FindSubmatch(out), wrkBroken.FindSubmatch(out)} {
		for i := 1; i < len(found); i++ {
			n, _ := strconv.ParseInt(string(found[i]), 10, 64)
			l.Bad += n
		}
	}
	return l, nil
}
