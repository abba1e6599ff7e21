package storagetest

import (
	"sync"
	"testing"
)

// Together runs the steps at the same moment, each in its own goroutine behind a barrier. It returns their errors in
// the order of the steps.
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

// Orders calls try with each order of n steps until try accepts one, and tells whether one was accepted. Laws with
// concurrent steps use it: what the steps did together must equal what a model does in some order.
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
