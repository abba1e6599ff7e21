package storage

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"strconv"
	"sync"
)

// RefuseNested returns a context for Open. The database then panics if a goroutine inside DB.Tx uses the database other
// than through its Tx. Such a call waits for a second connection while it holds the first; enough of them at once wait
// for ever. Tests open every database this way. It costs a few microseconds a statement.
func RefuseNested(ctx context.Context) context.Context {
	return context.WithValue(ctx, refuseNestedKey{}, true)
}

type refuseNestedKey struct{}

// nesting records which goroutines are inside a transaction. A nil nesting records and refuses nothing.
type nesting struct {
	mu     sync.Mutex
	inside map[uint64]string // by goroutine: where its transaction began
}

func newNesting(ctx context.Context) *nesting {
	if ctx.Value(refuseNestedKey{}) == nil {
		return nil
	}
	return &nesting{inside: map[uint64]string{}}
}

// enter records that the goroutine begins a transaction. It returns the function that records the end.
func (n *nesting) enter() (leave func()) {
	if n == nil {
		return func() {}
	}
	n.refuse("a transaction")
	id := goroutine()
	_, file, line, _ := runtime.Caller(2) // the caller of DB.Tx
	n.mu.Lock()
	defer n.mu.Unlock()
	n.inside[id] = fmt.Sprintf("%s:%d", file, line)
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.inside, id)
	}
}

// refuse panics when the goroutine is inside a transaction.
func (n *nesting) refuse(what string) {
	if n == nil {
		return
	}
	n.mu.Lock()
	began, inside := n.inside[goroutine()]
	n.mu.Unlock()
	if inside {
		panic("storage: " + what + " is asked of the pool inside the transaction that began at " + began)
	}
}

// goroutine returns the number of the calling goroutine. The runtime shows it only at the beginning of a stack trace.
func goroutine() uint64 {
	var head [40]byte
	words := bytes.Fields(head[:runtime.Stack(head[:], false)])
	id, err := strconv.ParseUint(string(words[1]), 10, 64)
	if err != nil {
		panic("storage: a stack begins with " + string(head[:]))
	}
	return id
}
