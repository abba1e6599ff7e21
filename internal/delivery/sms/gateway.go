package sms

import (
	"context"
	"crypto/tls"
	"time"

	"unoxuno/internal/clock"
)

// Message is one text for one person.
type Message struct {
	To        Number
	From      Sender        // the zero Sender is the gateway's own
	Text      string        // sent as it is: Look first
	Reference string        // names the message in the receipts of a gateway that speaks HTTP; letters and digits are safe
	Validity  time.Duration // how long the network tries; 0 leaves it to the network. For a code: as long as the code
}

// Gateway takes messages over. It is used from several goroutines.
type Gateway interface {
	// Send hands over one message, and waits while the gateway wants us slower. It returns the identifiers that receipts
	// will bear, one for each part (or the one that Message.Reference is), or *Permanent, *Later, *Unreachable. With an
	// error it returns the identifiers of the parts that were taken before it. A receipt may come before Send returns.
	// A context that ended before anything was sent is its own error.
	Send(ctx context.Context, m Message) (ids []string, err error)
	// Run keeps the connection up, so that receipts and inbound messages come in, until ctx ends; then it takes its
	// leave. Messages can be sent without it.
	Run(ctx context.Context)
	// Check connects even while the gateway is left alone, and says what is wrong with it. It sends nothing.
	Check(ctx context.Context) error
	// Retry ends the wait after vain attempts.
	Retry()
	// Health is how it goes with the gateway.
	Health() Health
	// Close ends the connection; what is sent afterwards is refused with *Unreachable.
	Close()
}

// Health is how it goes with a gateway.
type Health struct {
	Address    string    // host:port; empty when there is none
	Configured bool      // whether there is a gateway at all
	Up         bool      // whether it took the last connection, or has not been tried yet
	Since      time.Time // when it became unreachable; zero while Up
	RetryAt    time.Time // when it is tried again; zero while Up
	Trouble    string    // for the operator: what went wrong, in technical words
}

// State is what became of a message after the gateway took it.
type State string

// The states there are. Buffered may be followed by others.
const (
	Buffered    State = "buffered"    // the network goes on trying
	Delivered   State = "delivered"   // it is on the telephone
	Undelivered State = "undelivered" // it will not get there
	Unknown     State = "unknown"     // the network does not know, and will not tell more
)

// Receipt is what the network tells of a message.
type Receipt struct {
	ID     string // as Send returned it; nobody has promised that we know it
	State  State
	Reason Reason // of Undelivered
	Code   string // the network's own error code, at most 8 characters; may be empty
}

// Inbound is a message that somebody wrote to us.
type Inbound struct {
	From       Number
	To         string // the number or short code that was written to, as the network writes it
	Text       string
	Incomplete bool // parts of it never came: Text is what there is
}

// Handler is told what comes back: from several goroutines, the same thing perhaps twice, receipts in any order, of messages
// that we may not know. An error makes the gateway tell it again later.
type Handler interface {
	Receipt(ctx context.Context, r Receipt) error
	Inbound(ctx context.Context, m Inbound) error
}

// Timeouts bound how long a gateway may keep us waiting.
type Timeouts struct {
	Dial    time.Duration // to connect, TLS handshake and bind included
	Reply   time.Duration // for the answer to one message
	Enquire time.Duration // of silence, after which SMPP's enquire_link asks whether the peer is still there
}

// DefaultTimeouts are the usual ones.
func DefaultTimeouts() Timeouts {
	return Timeouts{Dial: 15 * time.Second, Reply: 30 * time.Second, Enquire: 30 * time.Second}
}

// Setup is what the text of a gateway's configuration does not tell.
type Setup struct {
	Handler  Handler       // told what comes back over SMPP; nil binds as a transmitter, that gets nothing back
	Callback string        // kannel: the URL of ours, token included, that is told of receipts; "" asks for none
	Template Template      // http, https: how the provider is spoken to
	Clock    clock.Clock   // nil: the machine's
	Cool     time.Duration // first wait after a vain attempt; doubles to 15 minutes; 0: 5 s
	Slow     time.Duration // first pause after the gateway says we are too fast; doubles to 64 times; 0: 1 s
	TLS      *tls.Config
	Timeouts Timeouts // zero: DefaultTimeouts
}
