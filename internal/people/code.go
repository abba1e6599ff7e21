package people

import (
	"context"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/fault"
	"unoxuno/internal/people/db"
	"unoxuno/internal/storage"
)

// A telephone number is confirmed with a code of six digits. A code is valid for CodeLife and codeTries tries, so a
// guess succeeds once in two hundred thousand. A new code gets new tries, but an address gets at most guessMost tries a
// day: once in a hundred thousand.
const (
	CodeLife  = 10 * time.Minute
	codeTries = 5
)

// NewCode replaces the code of a sign-up, or of a new address. If messages to its address were requested too often
// lately, Send is false and the earlier code stays valid. A fault of kind Expired means that nothing waits for a code
// any more.
func (p *People) NewCode(ctx context.Context, id int64) (pending Pending, err error) {
	err = p.db.Tx(ctx, func(tx *storage.Tx) error {
		q := db.New(tx)
		row, err := p.signUpRow(ctx, q, id)
		if err != nil {
			return err
		}
		pending = Pending{
			ID: id, Channel: Channel(row.Channel), Address: row.Value, Expires: clock.Time(row.ExpiresAt), Coded: clock.Time(p.now()),
		}
		if pending.Send, err = p.mayAsk(ctx, tx, pending.Channel, row.Value, askedConfirm); err != nil || !pending.Send {
			return err
		}
		n, err := q.NewCode(ctx, db.NewCodeParams{ID: id, CodeAt: clock.Millis(pending.Coded)})
		if err == nil && n == 0 {
			err = fault.Expired("people.signup.gone")
		}
		return err
	})
	return pending, err
}

// TryCode counts a try at the code of a sign-up, or of a new address, and returns when the code was made, from which
// the code is computed. The fault people.code.gone (Expired) means: too many tries at this code or at others sent to
// the same address, or the code expired, was used or never existed.
func (p *People) TryCode(ctx context.Context, id int64) (made time.Time, err error) {
	now := p.clock.Now()
	err = p.db.Tx(ctx, func(tx *storage.Tx) error {
		q := db.New(tx)
		n, err := q.TryCode(ctx, db.TryCodeParams{
			ID: id, Most: codeTries, Since: clock.Millis(now.Add(-CodeLife)), Now: clock.Millis(now),
		})
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.Expired("people.code.gone")
		}
		row, err := q.GetSignUp(ctx, id)
		if err != nil {
			return err
		}
		made = clock.Time(row.CodeAt)
		if may, err := p.mayGuess(ctx, tx, row.Channel, row.Value); err != nil || may {
			return err
		}
		return fault.Expired("people.code.gone")
	})
	return made, err
}

// Mobile returns the mobile number in normal form, dialled in the town's country. Its faults are those of NormalMobile.
func (p *People) Mobile(text string) (string, error) { return NormalMobile(text, p.town().Region) }
