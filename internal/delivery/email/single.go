package email

import (
	"context"
	"errors"
	"sync"
)

// single is a message that one caller waits for.
type single struct {
	from, to Path
	done     chan error

	mu        sync.Mutex
	message   []byte
	abandoned bool
	said      bool
}

var errAbandoned = errors.New("its sender waits no longer")

// Envelope is as in [Job].
func (s *single) Envelope() (from, to Path) { return s.from, s.to }

// Append is as in [Job].
func (s *single) Append(dst []byte) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.abandoned {
		return dst, errAbandoned
	}
	s.said = true
	return append(dst, s.message...), nil
}

// Plain is as in [Job].
func (s *single) Plain() bool { return false }

// Done is as in [Job].
func (s *single) Done(err error) { s.done <- err }

// abandon is what the sender is told who stops waiting.
func (s *single) abandon(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.abandoned = true; s.said {
		return &Later{Reason: ConnectionLost, cause: err}
	}
	return err
}

// Send sends one message and waits for the answer. It goes before the jobs of the streams, over a connection that is at
// work or over one of its own. Its errors are those of [Job]; when ctx ends, its error is ctx's where nothing was said,
// and otherwise *Later: nobody knows.
func (p *Pool) Send(ctx context.Context, from, to Path, message []byte) error {
	for {
		s := &single{from: from, to: to, message: message, done: make(chan error, 1)}
		turn := p.slots.queue()
		select {
		case <-turn:
		default:
			select {
			case <-turn:
			case p.urgent <- s:
				p.slots.leave(turn)
				err := s.wait(ctx)
				if isEnded(err) && ctx.Err() == nil {
					continue // the stream was told to stop, and we were not
				}
				return err
			case <-ctx.Done():
				p.slots.leave(turn)
				return ctx.Err()
			}
		}
		p.count()
		r := &runner{stream: newStream(ctx, ctx, nil, p), pool: p, alone: true}
		r.deliver(s, true)
		return <-s.done
	}
}

func (s *single) wait(ctx context.Context) error {
	select {
	case err := <-s.done:
		return err
	case <-ctx.Done():
		return s.abandon(ctx.Err())
	}
}

func isEnded(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
