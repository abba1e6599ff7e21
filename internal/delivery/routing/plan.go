package routing

import (
	"path/filepath"
	"slices"
	"time"

	"unoxuno/internal/delivery/email"
)

// Default names what holds for every newsroom that is not named itself: of Routes and of Windows.
const Default = ""

// Plan is how mail leaves. The zero Plan limits nothing.
type Plan struct {
	Relays    []Relay
	Routes    map[string][]string // by newsroom, or Default: names of relays
	Domains   []Domain
	Others    Limit             // of each domain that Domains does not name, on its own
	Windows   map[string]Window // by newsroom, or Default
	PerMinute int               // messages over all relays together; 0: no limit
	Keys      []Key
}

// Relay is a server that takes our mail.
type Relay struct {
	Name        string
	URL         string // as email.ParseRelay reads it
	Weight      int    // its share, beside the weights of the others; 1 or more
	Conns       int    // connections held to it at once; 0: its share of the setting smtp_conns
	LockStep    bool   // one command at a time even where it offers PIPELINING
	MaxMessages int    // messages on one connection; 0: no limit
	MaxAge      time.Duration
	SlowStart   email.Ramp
}

// Limit is what one receiving domain is given at most, by one process. The zero Limit is none.
type Limit struct {
	Connections int // messages on their way to it at once; 0: no limit
	PerMinute   int // messages in any minute; 0: no limit
}

// Domain is a limit that receiving domains share, since they are one provider's.
type Domain struct {
	Names []string // in lower case, as A-labels
	Limit
}

// Key is a key that signs the mail of a domain (DKIM, RFC 6376).
type Key struct {
	Domain   string
	Selector string
	File     string // PEM
}

// Shared are the names of the relays that carry the mail of the newsrooms without a route of their own: those that the
// file says, else those that no route names, else all.
func (p Plan) Shared() []string {
	if names, ok := p.Routes[Default]; ok {
		return names
	}
	var all, free []string
	for _, r := range p.Relays {
		all = append(all, r.Name)
		if !p.isRouted(r.Name) {
			free = append(free, r.Name)
		}
	}
	if len(free) > 0 {
		return free
	}
	return all
}

func (p Plan) isRouted(relay string) bool {
	for _, names := range p.Routes {
		if slices.Contains(names, relay) {
			return true
		}
	}
	return false
}

// Window is when the batches of a newsroom may leave; the zero Window is always.
func (p Plan) Window(newsroom string) Window {
	if w, ok := p.Windows[newsroom]; ok {
		return w
	}
	return p.Windows[Default]
}

// IsLimited tells whether any receiving domain has a limit.
func (p Plan) IsLimited() bool { return len(p.Domains) > 0 || p.Others != Limit{} }

// resolve makes the files of keys relative to the folder of the plan's own file.
func (p Plan) resolve(file string) {
	for i := range p.Keys {
		if !filepath.IsAbs(p.Keys[i].File) {
			p.Keys[i].File = filepath.Join(filepath.Dir(file), p.Keys[i].File)
		}
	}
}
