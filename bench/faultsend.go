package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"time"

	"unoxuno/bench/rig"
)

// begin begins the sending, or goes on with it.
func (t *trial) begin(ctx context.Context) (*rig.Process, error) {
	t.runs++
	return t.house.Start(ctx, t.house.SendArgs("--wait")...)
}

// untilDone sends until the program says that nobody is owed anything.
func (t *trial) untilDone(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, t.plan.faults.within)
	defer cancel()
	for {
		p, err := t.begin(ctx)
		if err != nil {
			return err
		}
		done, err := t.end(p)
		if err != nil || done {
			return err
		}
		select { // what was put off is not due yet
		case <-time.After(retryFirst):
		case <-ctx.Done():
			return fmt.Errorf("somebody is still owed a mail after %v and %d runs; the last said: %s", t.plan.faults.within, t.runs, p.Said())
		}
	}
}

// end waits for a run, and tells whether nobody is owed anything. One that ended because something was not there is
// followed by another, as a technician would.
func (t *trial) end(p *rig.Process) (done bool, err error) {
	code, err := p.Wait()
	if err != nil {
		return false, err
	}
	if code > 0 && code != owedCode {
		if t.codes[code]++; t.codes[code] == 1 {
			t.note("a run ended with %d: %s", code, oneLine(strings.ReplaceAll(p.Said(), t.Folder, "…")))
		}
	}
	return code == 0, nil
}

const longestSaid = 300

// oneLine is the end of what a process said, short enough for a table.
func oneLine(text string) string {
	line := []rune{}
	for _, r := range text {
		if r == '\n' || r == '|' {
			r = ' '
		}
		line = append(line, r)
	}
	if over := len(line) - longestSaid; over > 0 {
		line = append([]rune("…"), line[over:]...)
	}
	return string(line)
}

// start is a time in which the program starts, looks who is to be sent to, and has perhaps sent something.
const start = 400 * time.Millisecond

// interrupted begins the sending, and signals when the mail server has taken that many, or, of 0, at some moment of its
// start; false when the sending was over by then.
func (t *trial) interrupted(ctx context.Context, s syscall.Signal, many int) (bool, error) {
	p, err := t.begin(ctx)
	if err != nil {
		return false, err
	}
	var starting <-chan time.Time
	if many == 0 {
		many, starting = t.people, time.After(rand.N(start))
	}
	select {
	case <-starting:
		p.Signal(s)
		_, err := t.end(p)
		return true, err
	case <-t.meter.reached(many):
		p.Signal(s)
		_, err := t.end(p)
		return true, err
	case <-p.Ended():
		_, err := t.end(p)
		return false, err
	}
}
