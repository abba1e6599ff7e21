package people

import (
	"iter"
	"slices"
	"strings"

	"unoxuno/internal/fault"
)

// memo remembers what texts mean: a town's file says the same few words again and again.
type memo[T any] struct {
	find  func(text string) (T, error)
	known map[string]found[T]
}

type found[T any] struct {
	value T
	err   error
}

// The memory is bounded in texts, when it begins anew, and in the length of one, in bytes.
const (
	maxMemo     = 10_000
	maxMemoText = 200
)

// of is what the text means; nothing for none. The answer is shared, and never changed.
func (m *memo[T]) of(text string) (value T, err error) {
	if text == "" {
		return value, nil
	}
	if f, ok := m.known[text]; ok {
		return f.value, f.err
	}
	if len(text) > maxMemoText {
		return m.find(text)
	}
	text = strings.Clone(text) // it is part of a row, which need not be kept
	value, err = m.find(text)
	if m.known == nil || len(m.known) >= maxMemo {
		m.known = map[string]found[T]{}
	}
	m.known[text] = found[T]{value, err}
	return value, err
}

// parts are the members of a list that is written in a cell.
func parts(cell string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for part := range strings.SplitSeq(cell, "|") {
			if part = strings.TrimSpace(part); part != "" && !yield(part) {
				return
			}
		}
	}
}

// list is what the members of a list mean, each once.
func list(of *memo[string], cell string) (slugs []string, err error) {
	if cell == "" {
		return nil, nil
	}
	var problems fault.Problems
	slugs = make([]string, 0, 1+strings.Count(cell, "|"))
	for text := range parts(cell) {
		slug, err := of.of(text)
		_ = problems.Add("", err) // a fault
		if err == nil && !slices.Contains(slugs, slug) {
			slugs = append(slugs, slug)
		}
	}
	return slugs, problems.Err()
}
