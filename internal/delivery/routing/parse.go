package routing

import (
	"errors"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"unoxuno/internal/delivery/email"
	"unoxuno/internal/fault"
)

// Bounds of the numbers in a file: far beyond what anybody wants, and within what the program bears.
const (
	maxWeight   = 100
	maxConns    = 256
	maxMessages = 1_000_000
	maxKeys     = 2 // of a domain: one for receivers old and new each (RFC 8463 §6)
)

// Read reads the file at path. It fails with faults whose keys begin with "delivery.file.": all that is wrong at once.
// Files that it names are looked for beside it.
func Read(path string) (Plan, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Plan{}, fault.Invalid("delivery.file.unreadable", "File", path).Because(err)
	}
	plan, err := Parse(path, text)
	plan.resolve(path)
	return plan, err
}

// Parse reads a file's text; name is what its faults call it.
func Parse(name string, text []byte) (Plan, error) {
	var plan Plan
	r := &reader{file: name}
	tree, err := parser.ParseBytes(text, 0)
	if err != nil {
		return plan, r.malformed(err)
	}
	switch {
	case len(tree.Docs) == 0 || tree.Docs[0].Body == nil:
		return plan, nil
	case len(tree.Docs) > 1:
		r.bad(tree.Docs[1], "---", "", "{…}")
	}
	r.plan(&plan, tree.Docs[0].Body)
	return plan, r.problems.Err()
}

func (r *reader) malformed(err error) error {
	line, reason := 0, err.Error()
	var syntax yaml.Error
	if errors.As(err, &syntax) {
		line, reason = syntax.GetToken().Position.Line, syntax.GetMessage()
	}
	return fault.Invalid("delivery.file.malformed", "File", r.file, "Line", line, "Reason", reason).Because(errors.New(reason))
}

func (r *reader) plan(p *Plan, node ast.Node) {
	var routes []choice
	r.fields(node, []field{
		{"relays", r.each(func(n ast.Node) { r.relay(p, n) })},
		{"routes", r.entries(func(newsroom string, n ast.Node) { routes = append(routes, choice{newsroom, n}) })},
		{"domains", r.each(func(n ast.Node) { r.domain(p, n) })},
		{"other_domains", func(n ast.Node) { r.fields(n, limitFields(r, &p.Others)) }},
		{"windows", func(n ast.Node) { r.windows(p, n) }},
		{"brake", func(n ast.Node) {
			r.fields(n, []field{{"per_minute", r.number("per_minute", maxMessages, &p.PerMinute)}})
		}},
		{"dkim", r.each(func(n ast.Node) { r.key(p, n) })},
	})
	for _, c := range routes { // now that all relays are known, wherever they stand in the file
		r.route(p, c)
	}
}

// choice is a newsroom's own setting, not read yet.
type choice struct {
	newsroom string
	node     ast.Node
}

func (r *reader) relay(p *Plan, node ast.Node) {
	relay := Relay{Weight: 1}
	pipelining := "auto"
	r.fields(node, []field{
		{"name", r.text("name", &relay.Name)},
		{"url", r.text("", &relay.URL)},
		{"weight", r.number("weight", maxWeight, &relay.Weight)},
		{"conns", r.number("conns", maxConns, &relay.Conns)},
		{"pipelining", r.word("pipelining", &pipelining, "auto", "off")},
		{"max_messages", r.number("max_messages", maxMessages, &relay.MaxMessages)},
		{"max_age", r.duration("max_age", &relay.MaxAge)},
		{"slow_start", func(n ast.Node) { r.slowStart(&relay.SlowStart, n) }},
	})
	relay.LockStep = pipelining == "off"
	switch {
	case relay.Name == "":
		r.missing(node, "name")
	case slices.ContainsFunc(p.Relays, func(other Relay) bool { return other.Name == relay.Name }):
		r.twice(node, relay.Name)
	}
	if _, err := email.ParseRelay(relay.URL, email.RelayOptions{}); err != nil || relay.URL == "" {
		r.fail("relay_url", node)
	}
	p.Relays = append(p.Relays, relay)
}

func (r *reader) slowStart(ramp *email.Ramp, node ast.Node) {
	r.fields(node, []field{
		{"since", r.date("since", &ramp.Since)},
		{"per_minute", r.number("per_minute", maxMessages, &ramp.PerMinute)},
		{"doubling", r.duration("doubling", &ramp.Doubling)},
	})
	for _, f := range []struct {
		word   string
		absent bool
	}{{"since", ramp.Since.IsZero()}, {"per_minute", ramp.PerMinute == 0}, {"doubling", ramp.Doubling == 0}} {
		if f.absent {
			r.missing(node, f.word)
		}
	}
}

func (r *reader) route(p *Plan, c choice) {
	known := make([]string, len(p.Relays))
	for i, relay := range p.Relays {
		known[i] = relay.Name
	}
	var names []string
	r.each(func(n ast.Node) {
		var name string
		r.text("routes", &name)(n)
		if !slices.Contains(known, name) {
			r.unknown(n, name, known)
		}
		names = append(names, name)
	})(c.node)
	if len(names) == 0 {
		r.bad(c.node, "routes", "[]", "["+strings.Join(known, ", ")+"]")
	}
	if p.Routes == nil {
		p.Routes = map[string][]string{}
	}
	if _, again := p.Routes[c.newsroom]; again {
		r.twice(c.node, "default")
	}
	p.Routes[c.newsroom] = names
}

func limitFields(r *reader, l *Limit) []field {
	return []field{
		{"connections", r.number("connections", maxConns, &l.Connections)},
		{"per_minute", r.number("per_minute", maxMessages, &l.PerMinute)},
	}
}

func (r *reader) domain(p *Plan, node ast.Node) {
	var d Domain
	r.fields(node, append(limitFields(r, &d.Limit), field{"names", r.each(func(n ast.Node) {
		var name string
		r.text("names", &name)(n)
		path, err := email.ParsePath("x@" + name)
		if err != nil {
			r.bad(n, "names", name, "example.org")
			return
		}
		name = path.Domain()
		for _, other := range append(p.Domains, d) {
			if slices.Contains(other.Names, name) {
				r.twice(n, name)
			}
		}
		d.Names = append(d.Names, name)
	})}))
	if len(d.Names) == 0 {
		r.missing(node, "names")
	}
	if d.Limit == (Limit{}) {
		r.missing(node, "per_minute")
	}
	p.Domains = append(p.Domains, d)
}

func (r *reader) windows(p *Plan, node ast.Node) {
	p.Windows = map[string]Window{}
	r.entries(func(newsroom string, n ast.Node) {
		var hours string
		r.text("windows", &hours)(n)
		w, err := ParseWindow(hours)
		if err != nil {
			r.bad(n, "windows", hours, "mon-fri 07:00-21:00; sat 09:00-13:00")
		}
		if _, again := p.Windows[newsroom]; again {
			r.twice(n, "default")
		}
		p.Windows[newsroom] = w
	})(node)
}

func (r *reader) key(p *Plan, node ast.Node) {
	var k Key
	r.fields(node, []field{
		{"domain", r.text("domain", &k.Domain)}, {"selector", r.text("selector", &k.Selector)}, {"key", r.text("key", &k.File)},
	})
	for _, f := range [...]struct{ word, value string }{{"domain", k.Domain}, {"selector", k.Selector}, {"key", k.File}} {
		if f.value == "" {
			r.missing(node, f.word)
		}
	}
	if path, err := email.ParsePath("x@" + k.Domain); err == nil {
		k.Domain = path.Domain()
	} else if k.Domain != "" {
		r.bad(node, "domain", k.Domain, "example.org")
	}
	same := 0
	for _, other := range p.Keys {
		if other.Domain == k.Domain {
			same++
		}
		if other.Domain == k.Domain && other.Selector == k.Selector {
			r.twice(node, k.Selector)
		}
	}
	if same == maxKeys {
		r.bad(node, "dkim", k.Domain, "≤ 2")
	}
	p.Keys = append(p.Keys, k)
}

// maxDuration is the longest duration taken: longer ones are slips.
const maxDuration = 365 * 24 * time.Hour
