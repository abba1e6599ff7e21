package email

import (
	"crypto/tls"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"unoxuno/internal/fault"
)

// Timeouts bound how long a relay may keep us waiting.
type Timeouts struct {
	Dial    time.Duration // to connect, TLS handshake included
	Command time.Duration // for the replies to one command, or to those sent together; RFC 5321 §4.5.3.2 asks for minutes
	Data    time.Duration // to write the body and get the reply to it
}

// DefaultTimeouts are those of a relay that is ours or near: RFC 5321 §4.5.3.2's five and ten minutes are for strangers.
func DefaultTimeouts() Timeouts {
	return Timeouts{Dial: 15 * time.Second, Command: 2 * time.Minute, Data: 5 * time.Minute}
}

// RelayOptions is what the address of a relay does not tell.
type RelayOptions struct {
	Hello    string // the name we say in EHLO; "" is localhost
	TLS      *tls.Config
	Timeouts Timeouts // zero: DefaultTimeouts
	LockStep bool     // one command at a time even where the relay offers PIPELINING: for comparison
}

// Relay is the server that takes our mail.
type Relay struct {
	host, port string
	implicit   bool // smtps: TLS from the first byte (RFC 8314 §3.3)
	user       *url.Userinfo
	options    RelayOptions
	startsTLS  atomic.Bool // it has offered STARTTLS: from then on it must, so that nobody strips it away
	suspected  atomic.Bool // suspicions are not empty

	mu         sync.Mutex
	suspicions suspicions
}

// ParseRelay reads smtp://[user:password@]host[:port] (STARTTLS when the relay offers it; port 25) or smtps://… (port
// 465). What may follow is ?pipelining=off, which is as RelayOptions.LockStep, or =auto. The empty text is a relay that
// can never be reached.
func ParseRelay(text string, o RelayOptions) (*Relay, error) {
	if o.Timeouts == (Timeouts{}) {
		o.Timeouts = DefaultTimeouts()
	}
	if o.Hello == "" {
		o.Hello = "localhost"
	}
	if text == "" {
		return &Relay{options: o}, nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" || u.Path != "" && u.Path != "/" {
		return nil, fault.Invalid("delivery.relay.url") // the cause would quote the password
	}
	lockStep, ok := parsePipelining(u)
	if !ok {
		return nil, fault.Invalid("delivery.relay.url")
	}
	o.LockStep = o.LockStep || lockStep
	r := &Relay{host: u.Hostname(), port: u.Port(), implicit: u.Scheme == "smtps", user: u.User, options: o}
	if r.port == "" {
		r.port = map[bool]string{false: "25", true: "465"}[r.implicit]
	}
	return r, nil
}

// parsePipelining reads what follows a relay's address; ok is false when that is not understood.
func parsePipelining(u *url.URL) (lockStep, ok bool) {
	switch u.RawQuery {
	case "pipelining=off":
		return true, true
	case "", "pipelining=auto":
		return false, u.Fragment == ""
	}
	return false, false
}

// Configured tells whether there is a relay at all.
func (r *Relay) Configured() bool { return r.host != "" }

// Address is the relay's host:port, without user and password; empty when there is none.
func (r *Relay) Address() string {
	if !r.Configured() {
		return ""
	}
	return net.JoinHostPort(r.host, r.port)
}

// How long a relay gets one command at a time: after silence, which a relay that only stalls shows as well, and after
// answers that did not belong to the commands.
const (
	suspicion  = 10 * time.Minute
	conviction = time.Hour
)

// suspicions is what a relay was found to do against the rules.
type suspicions struct {
	until   time.Time // until then it gets one command at a time
	trouble string
}

// suspect remembers that the relay seems not to be fit for pipelining.
func (r *Relay) suspect(length time.Duration, trouble string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if until := time.Now().Add(length); until.After(r.suspicions.until) {
		r.suspicions = suspicions{until, trouble}
		r.suspected.Store(true)
	}
}

// inLockStep tells whether the relay gets one command at a time, whatever it offers.
func (r *Relay) inLockStep() bool { return r.options.LockStep || r.Trouble() != "" }

// Trouble is why a relay that offers PIPELINING gets one command at a time nevertheless; empty when it does not.
func (r *Relay) Trouble() string {
	if !r.suspected.Load() {
		return ""
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Now().After(r.suspicions.until) {
		r.suspicions = suspicions{}
		r.suspected.Store(false)
	}
	return r.suspicions.trouble
}

// isLocal tells whether the relay is this very machine, where no one listens in between.
func (r *Relay) isLocal() bool {
	ip := net.ParseIP(r.host)
	return r.host == "localhost" || ip != nil && ip.IsLoopback()
}
