package storagetest

import (
	"sync"
	"testing"
)

// Together runs the steps at the same moment, each in a goroutine of its own: all wait at a barrier until the last has
// come. It returns their errors in the order of the steps.
func Together(t testing.TB, steps ...func() error) []error {
	t.Helper()
	errs := make([]error, len(steps))
	var ready, done sync.WaitGroup
	ready.Add(len(steps))
	for i, step := range steps {
		done.Go(func() {
			ready.Done()
			ready.Wait()
			errs[i] = step()
		})
	}
	done.Wait()
	return errs
}

// Orders calls try with each order in which n steps can be done one after the other, until try accepts one. It tells
// whether one was accepted. So a law with concurrent steps is checked: what they did together must be what some order
// of them would have done in a model.
func Orders(n int, try func(order []int) bool) bool {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	var from func(k int) bool
	from = func(k int) bool {
		if k == n {
			return try(order)
		}
		for i := k; i < n; i++ {
			order[k], order[i] = order[i], order[k]
			if from(k + 1) {
				return true
			}
			order[k], order[i] = order[i], order[k]
		}
		return false
	}
	return from(0)
}
