package app

import (
	"context"
	"io"

	"golang.org/x/sync/errgroup"

	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/inbox"
	"unoxuno/internal/fault"
)

// taker passes incoming mail to the delivery room.
type taker struct{ *delivery.Room }

func (t taker) Take(ctx context.Context, recipient string, mail io.Reader) error {
	return t.TakeBack(ctx, delivery.Back{Recipient: recipient, Mail: mail})
}

// takeBack starts to receive returned mail, as the settings say. When it returns, a relay may connect.
func (r *run) takeBack(ctx context.Context, work *errgroup.Group, h *house) error {
	if r.config.BounceListen != "" {
		l, err := inbox.Listen(ctx, r.config.BounceListen, taker{h.delivery}, inbox.Options{
			Domain: h.town.Town().Domain, Log: r.log, Say: func(err error) string { return h.refusal(r, err) },
		})
		if err != nil {
			return err
		}
		r.log.Info("taking what comes back", "address", l.Addr())
		work.Go(func() error { return l.Run(ctx) })
	}
	if r.config.BounceMaildir != "" {
		m, err := inbox.OpenMaildir(r.config.BounceMaildir, taker{h.delivery}, r.log)
		if err != nil {
			return err
		}
		work.Go(func() error { return m.Run(ctx) })
	}
	return nil
}

// refusal returns what a person is told whose mail is refused, in every language of the town, because hers is unknown.
func (h *house) refusal(r *run, err error) string {
	text := ""
	for _, lang := range h.town.Town().Languages {
		if text != "" {
			text += " / "
		}
		text += fault.Sentence(err, func(key string, args map[string]any) string { return r.words.SayWith(lang, key, args) })
	}
	return text
}
