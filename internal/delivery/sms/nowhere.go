package sms

import (
	"context"
	"sync/atomic"
)

// nowhere is the gateway of a town that has none.
type nowhere struct{}

func (nowhere) down() error {
	return &Unreachable{Trouble: "no gateway for text messages is configured"}
}

func (n nowhere) Send(context.Context, Message) ([]string, error) { return nil, n.down() }
func (nowhere) Run(ctx context.Context)                           { <-ctx.Done() }
func (n nowhere) Check(context.Context) error                     { return n.down() }
func (nowhere) Retry()                                            {}
func (nowhere) Health() Health                                    { return Health{} }
func (nowhere) Close()                                            {}

// pretend is a gateway that connects to nothing.
type pretend struct {
	nowhere
	take   func(ctx context.Context, m Message) ([]string, error)
	closed atomic.Bool
}

// Pretend makes a gateway that hands every message to take and connects to nothing, for the demonstration and for tests.
// take answers as Gateway.Send does.
func Pretend(take func(ctx context.Context, m Message) ([]string, error)) Gateway {
	return &pretend{take: take}
}

func (p *pretend) Send(ctx context.Context, m Message) ([]string, error) {
	if p.closed.Load() {
		return nil, errClosed()
	}
	return p.take(ctx, m)
}

func (*pretend) Check(context.Context) error { return nil }
func (*pretend) Health() Health {
	return Health{Address: "localhost", Configured: true, Up: true}
}
func (p *pretend) Close() { p.closed.Store(true) }
