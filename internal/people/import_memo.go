package people

import (
	"iter"
	"slices"
	"strings"

	"unoxuno/internal/fault"
)

// memo caches the meaning of texts: a town's file repeats the same few words.
type memo[T any] struct {
	find  func(text string) (T, error)
	known map[string]found[T]
}

type found[T any] struct {
	value T
	err   error
}

// The cache is emptied when it has too many texts, and does not store long ones (length in bytes).
const (
	maxMemo     = 10_000
	maxMemoText = 200
)

// of returns the meaning of text; the zero value for "". Callers share the answer and must not change it.
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
	text = strings.Clone(text) // the row need not stay in memory
	value, err = m.find(text)
	if m.known == nil || len(m.known) >= maxMemo {
		m.known = map[string]found[T]{}
	}
	m.known[text] = found[T]{value, err}
	return value, err
}

// parts yields the members of a list in a cell.
func parts(cell string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for part := range strings.SplitSeq(cell, "|") {
			if part = strings.TrimSpace(part); part != "" && !yield(part) {
				return
			}
		}
	}
}

// list returns the meanings of the list's members, each once.
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
