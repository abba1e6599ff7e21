package main

import (
	"fmt"

	"unoxuno/internal/storage"
)

// known is what the measures took so far, for those after them that want the same.
type known struct {
	imports  takings[imported]
	counts   takings[counting]
	sendings takings[sent]
}

func newKnown() known {
	return known{imports: takings[imported]{}, counts: takings[counting]{}, sendings: takings[sent]{}}
}

// takings are figures by engine and size, in the order in which they were taken.
type takings[T any] map[string][]T

func (t takings[T]) keep(engine storage.Engine, many int, figure T) {
	key := fmt.Sprint(engine, many)
	t[key] = append(t[key], figure)
}

// again is the figure of that run if it was taken before, else take takes it, and keeps it.
func (t takings[T]) again(engine storage.Engine, many, run int, take func() (T, error)) (T, error) {
	if taken := t[fmt.Sprint(engine, many)]; run < len(taken) {
		return taken[run], nil
	}
	return take()
}
