package people

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"

	"unoxuno/internal/fault"
	"unoxuno/internal/taxonomy"
)

// Limits of an audience: enough for any that a person writes, and too small to overload the program.
const (
	maxAudience = 4000 // bytes of text
	maxNodes    = 400  // of the syntax tree; SQLite stops at a depth of 1,000
	maxDepth    = 40   // of nested parentheses and negations
)

// ParseAudience reads an audience in the words of v; see [People.ParseAudience].
func ParseAudience(text string, v Vocabulary) (Audience, error) {
	if strings.TrimSpace(text) == "" {
		return Audience{}, nil
	}
	if len(text) > maxAudience || !utf8.ValidString(text) {
		return Audience{}, fault.Invalid("people.audience.too_long", "Max", maxAudience).On("audience")
	}
	config := conf.CreateNew()
	config.MaxNodes = maxNodes
	tree, err := parser.ParseWithConfig(text, config)
	if err != nil {
		return Audience{}, syntaxFault(text, err).On("audience")
	}
	r := reader{words: v}
	root, err := r.condition(tree.Node, 0)
	if err != nil {
		return Audience{}, onField(err, "audience")
	}
	return Audience{root: root}, nil
}

// syntaxFault says where the text stops making sense.
func syntaxFault(text string, err error) *fault.Error {
	var at *file.Error
	if !errors.As(err, &at) {
		return fault.Invalid("people.audience.unsupported", "Column", 1).Because(err)
	}
	if strings.Contains(at.Message, "maximum allowed nodes") {
		return fault.Invalid("people.audience.too_complex").Because(err)
	}
	runes := []rune(text)
	from := min(max(at.From, 0), len(runes))
	rest := strings.Fields(string(runes[from:]))
	if len(rest) == 0 || strings.HasPrefix(at.Message, "unexpected token EOF") {
		return fault.Invalid("people.audience.unfinished").Because(err)
	}
	return fault.Invalid("people.audience.syntax", "Column", from+1, "Near", clip(rest[0])).Because(err)
}

// reader converts the library's syntax tree to conditions.
type reader struct{ words Vocabulary }

// at returns a fault about the node.
func at(n ast.Node, key string, args ...any) *fault.Error {
	return fault.Invalid("people.audience."+key, append(args, "Column", n.Location().From+1)...)
}

func (r reader) condition(n ast.Node, depth int) (condition, error) {
	if depth > maxDepth {
		return nil, at(n, "too_complex")
	}
	switch n := n.(type) {
	case *ast.UnaryNode:
		if n.Operator != "not" && n.Operator != "!" {
			return nil, at(n, "unsupported")
		}
		what, err := r.condition(n.Node, depth+1)
		return not{what}, err
	case *ast.BinaryNode:
		switch n.Operator {
		case "and", "&&", "or", "||":
			return r.joined(n, depth)
		case "in", "==", "!=", "<", "<=", ">", ">=":
			// The library binds not tighter than a comparison, so `not "x" in who` would negate a word. A fact can only
			// be negated as part of a comparison, so we read it as people do: not ("x" in who).
			if left, ok := n.Left.(*ast.UnaryNode); ok && left.Operator != "-" && left.Operator != "+" {
				compared := *n
				compared.Left = left.Node
				what, err := r.condition(&compared, depth+1)
				return not{what}, err
			}
			if n.Operator == "in" {
				return r.membership(n)
			}
			return r.comparison(n)
		}
		return nil, at(n, "unsupported")
	case *ast.IdentifierNode:
		if !slices.Contains(facts(), n.Value) {
			return nil, unknownFact(n)
		}
		return nil, at(n, "bare", "Fact", n.Value)
	case *ast.StringNode:
		return nil, at(n, "bare_word", "Text", clip(n.Value))
	}
	return nil, at(n, "unsupported")
}

// facts returns the names that an audience may use.
func facts() []string {
	return []string{"who", "wants", "place", "age", "language", "kind", "channels", "subscribed", "since"}
}

func isJoin(n *ast.BinaryNode, conjunction bool) bool {
	if conjunction {
		return n.Operator == "and" || n.Operator == "&&"
	}
	return n.Operator == "or" || n.Operator == "||"
}

// joined flattens a chain: the tree of a and b and c leans to the left; we make one list.
func (r reader) joined(n *ast.BinaryNode, depth int) (condition, error) {
	conjunction := isJoin(n, true)
	nodes := []ast.Node{n.Right}
	left := n.Left
	for {
		b, ok := left.(*ast.BinaryNode)
		if !ok || !isJoin(b, conjunction) {
			break
		}
		nodes, left = append(nodes, b.Right), b.Left
	}
	nodes = append(nodes, left)
	var list []condition
	for _, node := range slices.Backward(nodes) {
		c, err := r.condition(node, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, flat(c, conjunction)...)
	}
	if conjunction {
		return allOf(list), nil
	}
	return anyOf(list), nil
}

// flat returns the members of a list of the same kind, so that equal audiences have one canonical form.
func flat(c condition, conjunction bool) []condition {
	switch c := c.(type) {
	case allOf:
		if conjunction {
			return c
		}
	case anyOf:
		if !conjunction {
			return c
		}
	}
	return []condition{c}
}

// membership reads "word" in list, fact in [words] and age in from..to.
func (r reader) membership(n *ast.BinaryNode) (condition, error) {
	if right, ok := n.Right.(*ast.IdentifierNode); ok {
		return r.holds(n, right)
	}
	left, ok := n.Left.(*ast.IdentifierNode)
	if !ok {
		return nil, at(n.Left, "in_left")
	}
	switch left.Value {
	case "place", "language", "kind":
		array, ok := n.Right.(*ast.ArrayNode)
		if !ok || len(array.Nodes) == 0 {
			return nil, at(n.Right, "needs_list", "Fact", left.Value)
		}
		words := make([]string, len(array.Nodes))
		for i, one := range array.Nodes {
			var err error
			if words[i], err = r.word(left.Value, one); err != nil {
				return nil, err
			}
		}
		slices.Sort(words)
		return is{fact: left.Value, words: slices.Compact(words)}, nil
	case "age":
		return r.ageIn(n.Right)
	case "since":
		return nil, at(n, "since_in")
	case "who", "wants", "channels", "subscribed":
		return nil, at(left, "list_left", "Fact", left.Value)
	}
	return nil, unknownFact(left)
}

// holds reads "word" in who.
func (r reader) holds(n *ast.BinaryNode, fact *ast.IdentifierNode) (condition, error) {
	switch fact.Value {
	case "who", "wants", "channels", "subscribed":
		word, err := r.word(fact.Value, n.Left)
		return has{fact.Value, word}, err
	case "place", "language", "kind", "age", "since":
		return nil, at(fact, "not_list", "Fact", fact.Value)
	}
	return nil, unknownFact(fact)
}

func (r reader) ageIn(n ast.Node) (condition, error) {
	switch n := n.(type) {
	case *ast.BinaryNode:
		if n.Operator != ".." {
			break
		}
		from, err := age(n.Left)
		if err != nil {
			return nil, err
		}
		to, err := age(n.Right)
		if err != nil {
			return nil, err
		}
		if from > to {
			return nil, at(n, "range", "From", from, "To", to)
		}
		return allOf{measure{"age", ">=", from}, measure{"age", "<=", to}}, nil
	case *ast.ArrayNode:
		var list anyOf
		for _, one := range n.Nodes {
			years, err := age(one)
			if err != nil {
				return nil, err
			}
			list = append(list, measure{"age", "==", years})
		}
		switch len(list) {
		case 0:
		case 1:
			return list[0], nil
		default:
			return list, nil
		}
	}
	return nil, at(n, "needs_range")
}

// comparison reads fact == value, with the fact on either side.
func (r reader) comparison(n *ast.BinaryNode) (condition, error) {
	left, value, op := n.Left, n.Right, n.Operator
	if _, ok := left.(*ast.IdentifierNode); !ok {
		left, value, op = value, left, mirrored(op)
	}
	fact, ok := left.(*ast.IdentifierNode)
	if !ok {
		return nil, at(n, "no_fact")
	}
	if other, ok := value.(*ast.IdentifierNode); ok && slices.Contains(facts(), fact.Value) {
		if !slices.Contains(facts(), other.Value) {
			return nil, at(other, "quotes", "Text", clip(other.Value))
		}
		return nil, at(n, "no_fact")
	}
	switch fact.Value {
	case "place", "language", "kind":
		if op != "==" && op != "!=" {
			return nil, at(n, "order", "Fact", fact.Value, "Sign", op)
		}
		if text, ok := value.(*ast.StringNode); ok && text.Value == "" && fact.Value != "kind" {
			if op == "!=" {
				return not{unknown{fact.Value}}, nil
			}
			return unknown{fact.Value}, nil
		}
		word, err := r.word(fact.Value, value)
		return is{fact.Value, []string{word}, op == "!="}, err
	case "age":
		years, err := age(value)
		return measure{"age", op, years}, err
	case "since":
		day, err := date(value)
		return measure{"since", op, int64(day)}, err
	case "who", "wants", "channels", "subscribed":
		return nil, at(fact, "list_compared", "Fact", fact.Value)
	}
	return nil, unknownFact(fact)
}

// mirrored returns the comparison with exchanged sides: 18 <= age is age >= 18.
func mirrored(op string) string {
	switch op[0] {
	case '<':
		return ">" + op[1:]
	case '>':
		return "<" + op[1:]
	}
	return op
}

// age reads a number of years.
func age(n ast.Node) (int64, error) {
	number, ok := n.(*ast.IntegerNode)
	if !ok {
		return 0, at(n, "needs_number")
	}
	if number.Value < 0 || number.Value > 150 {
		return 0, at(n, "age_bounds", "Max", 150)
	}
	return int64(number.Value), nil
}

// date reads a day as an ISO date in quotes.
func date(n ast.Node) (Day, error) {
	text, ok := n.(*ast.StringNode)
	if !ok || len(text.Value) != len("2026-11-22") {
		return 0, at(n, "needs_date")
	}
	if _, _, _, ok := isoDate(text.Value); !ok {
		return 0, at(n, "needs_date")
	}
	day, err := ParseDay(text.Value)
	if err != nil {
		return 0, at(n, "needs_date")
	}
	return day, nil
}

// word reads a value of the fact and returns its slug.
func (r reader) word(fact string, n ast.Node) (string, error) {
	quoted, ok := n.(*ast.StringNode)
	if !ok {
		if name, ok := n.(*ast.IdentifierNode); ok {
			return "", at(n, "quotes", "Text", clip(name.Value))
		}
		return "", at(n, "needs_text", "Fact", fact)
	}
	switch fact {
	case "who":
		return listed(r.words.Categories, fact, quoted)
	case "wants":
		return listed(r.words.Topics, fact, quoted)
	case "place":
		return listed(r.words.Places, fact, quoted)
	case "language":
		return oneOf(r.words.Languages, fact, quoted)
	case "kind":
		return oneOf([]string{string(KindPerson), string(KindOrganisation)}, fact, quoted)
	case "channels":
		return oneOf([]string{string(Email), string(SMS)}, fact, quoted)
	default:
		return oneOf(r.words.Newsletters, fact, quoted)
	}
}

func listed(list taxonomy.List, fact string, n *ast.StringNode) (string, error) {
	slug, err := find(list, fact, n.Value)
	if err != nil {
		near, _ := fault.List(err)[0].Args["Near"].(string)
		return "", unknownHere(n, fact, near)
	}
	return slug, nil
}

func oneOf(known []string, fact string, n *ast.StringNode) (string, error) {
	word := strings.ToLower(strings.TrimSpace(n.Value))
	if slices.Contains(known, word) {
		return word, nil
	}
	return "", unknownHere(n, fact, nearest(word, known))
}

// unknownHere says that the fact never has that value, and which value was probably meant.
func unknownHere(n *ast.StringNode, fact, near string) error {
	if near == "" {
		return at(n, "word", "Fact", fact, "Text", clip(n.Value))
	}
	return at(n, "word_near", "Fact", fact, "Text", clip(n.Value), "Near", near)
}

func unknownFact(n *ast.IdentifierNode) error {
	if near := nearest(n.Value, facts()); near != "" {
		return at(n, "fact_near", "Text", clip(n.Value), "Near", near)
	}
	return at(n, "fact", "Text", clip(n.Value), "Known", facts())
}
