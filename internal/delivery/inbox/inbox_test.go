package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"

	"unoxuno/internal/fault"
)

// desk is a Taker that expects mail for addresses of town.example, and accepts what its rule does not refuse.
type desk struct {
	mu    sync.Mutex
	rule  func(mail string) error
	mails []string // "recipient: mail"
	most  int64    // how much of a mail is read; 0: all
}

var errTrouble = errors.New("the database is away")

func (d *desk) Expects(recipient string) error {
	if !strings.HasSuffix(recipient, "@town.example") {
		return fault.NotFound("delivery.back.nobody")
	}
	return nil
}

func (d *desk) Take(_ context.Context, recipient string, mail io.Reader) error {
	if d.most > 0 {
		mail = io.LimitReader(mail, d.most)
	}
	text, err := io.ReadAll(mail)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.rule != nil {
		if err := d.rule(string(text)); err != nil {
			return err
		}
	}
	if d.most > 0 {
		text = fmt.Append(nil, len(text))
	}
	d.mails = append(d.mails, fmt.Sprintf("%s: %s", recipient, text))
	return nil
}

func (d *desk) obey(rule func(mail string) error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.rule = rule
}

func (d *desk) got() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.mails...)
}

func silent() *slog.Logger { return slog.New(slog.DiscardHandler) }
