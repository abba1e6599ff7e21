// Package yamlfile reads the YAML files that people write by hand: a town's declaration, an issue's front matter, settings.
//
// A text field gets what stands in the file, letter for letter: "036023" is a code and no octal number, "3.10" a title and
// no fraction, "null" and "1e3" words. Fields of another type are still read as what they are. A key that the file's form
// does not know, and one that stands twice, are errors with their line: a misspelt key must not do less than was asked.
package yamlfile

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Error is what is wrong with a file.
type Error struct {
	Line    int    // from 1
	Unknown string // the key that the form does not know; "" for any other mistake
	Reason  string // in the parser's words, with line and column before them: "[3:1] …"
}

func (e *Error) Error() string { return e.Reason }

// Decode reads text into the struct or map that into points to; an empty file leaves it as it is. Errors are *Error.
func Decode(text []byte, into any) error {
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return located(err)
	}
	if len(file.Docs) > 1 {
		return at(file.Docs[1].Start.Position.Line, "a second document begins")
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return nil
	}
	if err := yaml.NodeToValue(asWritten(file.Docs[0].Body), into, yaml.Strict(), yaml.CustomUnmarshaler(wholeNumber)); err != nil {
		var number *numberError
		if errors.As(err, &number) {
			return at(lineOf(file.Docs[0].Body, number.written), number.Error())
		}
		return located(err)
	}
	return nil
}

// Pairs are the keys of a file of "key: value" lines, each with its value as it was written.
func Pairs(text []byte) (map[string]string, error) {
	pairs := map[string]string{}
	return pairs, Decode(text, &pairs)
}

func at(line int, reason string) error {
	return &Error{Line: line, Reason: fmt.Sprintf("[%d:1] %s", line, reason)}
}

func located(err error) error {
	e := &Error{Line: 1, Reason: firstLine(err.Error())}
	var known yaml.Error
	if errors.As(err, &known) {
		if t := known.GetToken(); t != nil && t.Position != nil {
			e.Line = t.Position.Line
		}
	}
	var unknown *yaml.UnknownFieldError
	if errors.As(err, &unknown) {
		e.Unknown = unknown.Token.Value
	}
	return e
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// wholeNumber reads a number. The library would take "3.5" for 3.
func wholeNumber(into *int, written []byte) error {
	text := strings.TrimSpace(string(written))
	number, err := strconv.Atoi(text)
	if err != nil {
		return &numberError{text}
	}
	*into = number
	return nil
}

// numberError says that what was written is no whole number.
type numberError struct{ written string }

func (e *numberError) Error() string { return e.written + " is not a whole number" }

// lineOf is the line of the first value that is written so; the library does not say where a number stands.
func lineOf(node ast.Node, written string) int {
	line := 1
	ast.Walk(finder(func(n ast.Node) bool {
		if t := n.GetToken(); line == 1 && t != nil && t.Value == written {
			line = t.Position.Line
		}
		return line == 1
	}), node)
	return line
}

// finder walks a tree for as long as it returns true.
type finder func(ast.Node) bool

func (f finder) Visit(n ast.Node) ast.Visitor {
	if !f(n) {
		return nil
	}
	return f
}

// asWritten is the tree with its scalars as text, but for those that are the same as text: truth values and whole numbers
// in their one usual form.
func asWritten(node ast.Node) ast.Node {
	switch n := node.(type) {
	case *ast.MappingNode:
		for _, v := range n.Values {
			v.Value = asWritten(v.Value)
		}
	case *ast.MappingValueNode:
		n.Value = asWritten(n.Value)
	case *ast.SequenceNode:
		for i := range n.Values {
			n.Values[i] = asWritten(n.Values[i])
		}
	case *ast.AnchorNode:
		n.Value = asWritten(n.Value)
	case *ast.NullNode:
		if n.Token.Type != token.ImplicitNullType { // where nothing is written, there is nothing
			return ast.String(n.Token)
		}
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		if t := node.GetToken(); !usual.MatchString(t.Value) {
			return ast.String(t)
		}
	}
	return node
}

var usual = regexp.MustCompile(`^(?:true|false|0|-?[1-9][0-9]{0,17})$`)
