package deliverytest

import (
	"errors"
	"sync"
)

var errDrop = errors.New("connection dropped by rule")

// Drop is a Rule's way to hang up without a word.
func Drop() error { return errDrop }

// Some is a Rule that gives answer at a stage, to that share (0 to 1) of the attempts, evenly spread: of 0.05, to every
// twentieth.
func Some(stage Stage, share float64, answer error) func(Attempt) error {
	var mu sync.Mutex
	due := 0.0
	return func(a Attempt) error {
		if a.Stage != stage {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		if due += share; due < 1-1e-9 {
			return nil
		}
		due--
		return answer
	}
}

// Any is a Rule that asks others in turn; the first that refuses decides.
func Any(rules ...func(Attempt) error) func(Attempt) error {
	return func(a Attempt) error {
		for _, rule := range rules {
			if err := rule(a); err != nil {
				return err
			}
		}
		return nil
	}
}

// Until is a Rule that gives answer at a stage until open is closed: a server that refuses everything for a while.
func Until(open <-chan struct{}, stage Stage, answer error) func(Attempt) error {
	return func(a Attempt) error {
		if a.Stage != stage {
			return nil
		}
		select {
		case <-open:
			return nil
		default:
			return answer
		}
	}
}
