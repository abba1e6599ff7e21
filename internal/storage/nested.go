package storage

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"strconv"
	"sync"
)

// RefuseNested returns a context for Open. A database opened with it panics when a goroutine that is inside DB.Tx asks
// the database for anything but through its Tx. Such a question waits for a second connection while it holds the first:
// enough of them at once, and all wait for ever. Tests open every database so; it costs a few microseconds a statement.
func RefuseNested(ctx context.Context) context.Context {
	return context.WithValue(ctx, refuseNestedKey{}, true)
}

type refuseNestedKey struct{}

// nesting remembers which goroutines are inside a transaction. A nil nesting remembers nothing and refuses nothing.
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

// enter notes that the goroutine begins a transaction and returns what notes its end.
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

// goroutine is the number of the goroutine that calls, which the runtime tells only in the head of a stack.
func goroutine() uint64 {
	var head [40]byte
	words := bytes.Fields(head[:runtime.Stack(head[:], false)])
	id, err := strconv.ParseUint(string(words[1]), 10, 64)
	if err != nil {
		panic("storage: a stack begins with " + string(head[:]))
	}
	return id
}
