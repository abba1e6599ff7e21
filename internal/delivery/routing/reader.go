package routing

import (
	"strconv"
	"strings"
	"time"

	"github.com/agnivade/levenshtein"
	"github.com/goccy/go-yaml/ast"

	"unoxuno/internal/fault"
)

// reader walks a file's tree and gathers what is wrong with it.
type reader struct {
	file     string
	problems fault.Problems
}

// field is a word that may stand in a mapping, and what reads its value.
type field struct {
	name string
	read func(ast.Node)
}

// fields reads a mapping whose words are all known.
func (r *reader) fields(node ast.Node, known []field) {
	names := make([]string, len(known))
	for i, f := range known {
		names[i] = f.name
	}
	r.mapping(node, func(key, value ast.Node) {
		for _, f := range known {
			if f.name == textOf(key) {
				f.read(value)
				return
			}
		}
		r.unknown(key, textOf(key), names)
	})
}

// entries reads a mapping whose words are newsrooms; "default" and "" are Default.
func (r *reader) entries(read func(newsroom string, value ast.Node)) func(ast.Node) {
	return func(node ast.Node) {
		r.mapping(node, func(key, value ast.Node) {
			newsroom := textOf(key)
			if newsroom == "default" {
				newsroom = Default
			}
			read(newsroom, value)
		})
	}
}

func (r *reader) mapping(node ast.Node, read func(key, value ast.Node)) {
	m, ok := node.(ast.MapNode)
	if !ok {
		r.bad(node, "", textOf(node), "{…}")
		return
	}
	for entry := m.MapRange(); entry.Next(); {
		read(entry.Key(), entry.Value())
	}
}

// each reads the elements of a list.
func (r *reader) each(read func(ast.Node)) func(ast.Node) {
	return func(node ast.Node) {
		list, ok := node.(*ast.SequenceNode)
		if !ok {
			r.bad(node, "", textOf(node), "[…]")
			return
		}
		for _, element := range list.Values {
			read(element)
		}
	}
}

// text reads a text; a word of "" keeps its value out of faults.
func (r *reader) text(word string, into *string) func(ast.Node) {
	return func(node ast.Node) {
		if _, ok := node.(ast.ScalarNode); !ok {
			r.bad(node, word, "", "…")
			return
		}
		*into = textOf(node)
	}
}

// number reads a whole number from 1 to most.
func (r *reader) number(word string, most int, into *int) func(ast.Node) {
	return func(node ast.Node) {
		n, err := strconv.Atoi(textOf(node))
		if err != nil || n < 1 || n > most {
			r.bad(node, word, textOf(node), "1–"+strconv.Itoa(most))
			return
		}
		*into = n
	}
}

func (r *reader) duration(word string, into *time.Duration) func(ast.Node) {
	return func(node ast.Node) {
		d, err := time.ParseDuration(textOf(node))
		if err != nil || d <= 0 || d > maxDuration {
			r.bad(node, word, textOf(node), "30s, 5m, 24h …")
			return
		}
		*into = d
	}
}

func (r *reader) date(word string, into *time.Time) func(ast.Node) {
	return func(node ast.Node) {
		day, err := time.Parse(time.DateOnly, textOf(node))
		if err != nil {
			r.bad(node, word, textOf(node), "2026-11-30")
			return
		}
		*into = day
	}
}

// word reads one of the known words.
func (r *reader) word(word string, into *string, known ...string) func(ast.Node) {
	return func(node ast.Node) {
		for _, k := range known {
			if textOf(node) == k {
				*into = k
				return
			}
		}
		r.bad(node, word, textOf(node), strings.Join(known, ", "))
	}
}

// textOf is a scalar's text, "" of anything else.
func textOf(node ast.Node) string {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value
	case *ast.NullNode:
		return ""
	case ast.ScalarNode:
		return n.GetToken().Value
	}
	return ""
}

func (r *reader) fail(key string, node ast.Node, args ...any) {
	args = append([]any{"File", r.file, "Line", node.GetToken().Position.Line}, args...)
	r.problems = append(r.problems, fault.Invalid("delivery.file."+key, args...))
}

func (r *reader) bad(node ast.Node, word, value, need string) {
	r.fail("value", node, "Word", word, "Value", value, "Need", need)
}

func (r *reader) missing(node ast.Node, word string) { r.fail("missing", node, "Word", word) }

func (r *reader) twice(node ast.Node, word string) { r.fail("twice", node, "Word", word) }

func (r *reader) unknown(node ast.Node, word string, known []string) {
	if near := nearest(word, known); near != "" {
		r.fail("unknown_near", node, "Word", word, "Near", near)
		return
	}
	r.fail("unknown", node, "Word", word, "Known", strings.Join(known, ", "))
}

// nearest is the known word that a mistyped one most probably meant; "" when more than one letter in three differs.
func nearest(word string, known []string) string {
	word = strings.ToLower(word)
	best, found := (len(word)+2)/3+1, ""
	for _, k := range known {
		if d := levenshtein.ComputeDistance(word, k); d < best {
			best, found = d, k
		}
	}
	return found
}
