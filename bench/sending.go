package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"unoxuno/bench/record"
	"unoxuno/bench/rig"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/storage"
)

// conns is how many connections a sending has to a relay that is near.
const conns = "8"

func sendingMeasure() measure {
	return measure{
		name: "sending", title: "Sending",
		about: "An issue of about 6 kB to everybody in town, one mail each: `unoxuno issue send --wait`, start of the program " +
			"included, to a mail server on the same machine that only looks for the end of each message. smtp-source sends as many " +
			"messages of 6,000 bytes into the same server in the same run, over several numbers of sessions; the fastest counts. CPU " +
			"is that of the program and of PostgreSQL's server together. smtp-source speaks no TLS and signs nothing: the rows " +
			"with STARTTLS and with two DKIM signatures (RSA of 2,048 bits and Ed25519) are held against its plain mails, too.",
		take: func(ctx context.Context, b *bench) error {
			if !rig.HasPostfix() {
				b.skip(rig.ErrNoPostfix.Error())
				return nil
			}
			return b.everyEngine(func(engine storage.Engine, name string, _ int) error {
				best, err := b.bestSource(ctx, b.plan.town)
				if err != nil {
					return err
				}
				for _, way := range []way{{}, {secure: true}, {signed: true}} {
					many := b.plan.town
					if way.signed {
						many = b.plan.signed
					}
					s, err := b.sendThe(ctx, engine, many, way)
					if err != nil {
						return err
					}
					b.addSending(fmt.Sprintf("%s, %d people%s", name, many, way), s, best)
				}
				return nil
			})
		},
	}
}

// sent is what a sending to everybody cost.
type sent struct {
	rig.Usage
	many   int
	server time.Duration // processor time of PostgreSQL's server
	filled time.Duration // from the start until the whole ledger was there; 0 when nobody looked
	grown  int64         // by so many bytes the database
}

func (s sent) rate() float64 { return float64(s.many) / s.Wall.Seconds() }

// cost is the processor time, in seconds, of a thousand messages.
func (s sent) cost() float64 { return (s.CPU + s.server).Seconds() / float64(s.many) * 1000 }

// way is how mails are sent.
type way struct{ secure, signed bool }

func (w way) String() string {
	switch {
	case w.secure:
		return ", STARTTLS"
	case w.signed:
		return ", two DKIM signatures"
	}
	return ""
}

func (b *bench) addSending(name string, s, source sent) {
	row := b.row(name)
	row.Add("messages", "a second", s.rate(), nil)
	row.Add("smtp-source", "a second", source.rate(), nil)
	row.Add("CPU", "s per 1,000", s.cost(), b.speed(wantCPU))
	row.Add("CPU of smtp-source", "s per 1,000", source.cost(), nil)
	var wanted *record.Wanted
	if !strings.Contains(name, ", STARTTLS") && !strings.Contains(name, "DKIM") {
		wanted = b.speed(wantOverSource)
	}
	row.Add("CPU over smtp-source's", "×", s.cost()/source.cost(), wanted)
	row.Add("peak memory", "MB", megabytes(s.Peak), b.speed(wantPeak(s.many)))
}

// bestSource is the fastest sending of that many messages by smtp-source.
func (b *bench) bestSource(ctx context.Context, many int) (best sent, err error) {
	sink, err := rig.NewSwallow(ctx, nil)
	if err != nil {
		return best, err
	}
	defer sink.Close()
	for _, sessions := range b.plan.sessions {
		cost, err := sink.Source(ctx, b.Rig, sessions, many)
		if err != nil {
			return best, err
		}
		if s := (sent{Usage: cost, many: many}); best.many == 0 || s.rate() > best.rate() {
			best = s
		}
	}
	return best, nil
}

// sendAll sends to a town of that many people on a new copy of it, and checks that the numbers shown are what the mail server
// counted.
func (b *bench) sendAll(ctx context.Context, engine storage.Engine, many int) (sent, error) {
	s, err := b.sendThe(ctx, engine, many, way{})
	if err == nil {
		b.known.sendings.keep(engine, many, s)
	}
	return s, err
}

// sendThe is sendAll in another way.
func (b *bench) sendThe(ctx context.Context, engine storage.Engine, many int, by way) (sent, error) {
	settings := map[string]string{"smtp_conns": conns}
	var secure *tls.Config
	if by.secure {
		ends := &rig.Ends{}
		defer ends.Close()
		if err := ends.Within(func() { secure, _ = deliverytest.Certificate(ends) }); err != nil {
			return sent{}, err
		}
	}
	if by.signed {
		var err error
		if settings["delivery_file"], err = b.Signing(sender); err != nil {
			return sent{}, err
		}
	}
	sink, err := rig.NewSwallow(ctx, secure)
	if err != nil {
		return sent{}, err
	}
	defer sink.Close()
	settings["smtp_url"] = "smtp://" + sink.Addr
	return b.sendTo(ctx, engine, many, sink, settings)
}

// sender is the domain that the town's mail comes from.
const sender = "borgopanaro.example"

// mailServer counts the messages that it takes.
type mailServer interface {
	Mark()
	Count() int64
}

// sendTo is sendAll to a mail server that the settings lead to.
func (b *bench) sendTo(ctx context.Context, engine storage.Engine, many int, sink mailServer, settings map[string]string) (s sent, err error) {
	town, err := b.Fixture(ctx, engine, many)
	if err != nil {
		return s, err
	}
	h, err := town.Copy(ctx)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, h.Remove()) }()
	for name, value := range settings {
		h = h.With(name, value)
	}
	sink.Mark()
	before, err := h.Size(ctx)
	if err != nil {
		return s, err
	}
	server, err := b.serverTime(ctx, engine)
	if err != nil {
		return s, err
	}
	p, err := h.Start(ctx, h.SendArgs("--wait")...)
	if err != nil {
		return s, err
	}
	filled := watchFilling(ctx, h, p)
	if code, err := p.Wait(); err != nil {
		return s, err
	} else if code != 0 {
		return s, fmt.Errorf("issue send: exit %d: %s", code, p.Said())
	}
	s = sent{Usage: p.Usage(), many: many, filled: <-filled}
	if s.server, err = b.serverTime(ctx, engine); err != nil {
		return s, err
	}
	s.server -= server
	after, err := h.Size(ctx)
	if err != nil {
		return s, err
	}
	s.grown = after - before
	return s, checkNumbers(ctx, h, p.Out(), int64(many), sink)
}

// checkNumbers compares what the program shows with what the sink counted.
func checkNumbers(ctx context.Context, h *rig.House, shown []byte, many int64, sink mailServer) error {
	taken := sink.Count()
	var printed struct{ Messages, Sent int64 }
	if err := json.Unmarshal(shown, &printed); err != nil {
		return fmt.Errorf("issue send: %w: %s", err, shown)
	}
	stats, err := h.Stats(ctx)
	if err != nil {
		return err
	}
	if taken != many || printed.Messages != many || printed.Sent != many || stats.Accepted != many || stats.Recipients != many {
		return fmt.Errorf("sent to %d people: the sink has %d, `issue send` says %d of %d, `issue stats` says %d of %d",
			many, taken, printed.Sent, printed.Messages, stats.Accepted, stats.Recipients)
	}
	return nil
}

// serverTime is the processor time that the engine's server has taken so far.
func (b *bench) serverTime(ctx context.Context, engine storage.Engine) (time.Duration, error) {
	if engine == storage.SQLite {
		return 0, nil
	}
	c, err := b.Cluster(ctx)
	if err != nil {
		return 0, err
	}
	return c.CPU()
}

func megabytes(bytes int64) float64 { return float64(bytes) / (1 << 20) }
