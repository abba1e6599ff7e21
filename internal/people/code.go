package people

import (
	"context"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/fault"
	"unoxuno/internal/people/db"
	"unoxuno/internal/storage"
)

// A telephone answers with a code of a few digits. It is good for CodeLife and for codeTries tries: with six digits, one
// guess in two hundred thousand. A new code has tries of its own, but of one address no more than guessMost a day are
// heeded: one guess in a hundred thousand.
const (
	CodeLife  = 10 * time.Minute
	codeTries = 5
)

// NewCode makes an earlier code of the sign-up, or of the address, worthless: a new one is to be sent. When its address
// was asked too often lately, Send is false and the earlier code stays. A fault of kind Expired when nothing waits there
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

// TryCode counts a try at the code of a sign-up, or of an address, and tells when the code was made: only so can it be
// known which it is. The fault people.code.gone (Expired) when there were too many tries at it or at others that were sent
// to this address, or its time is over, or it was confirmed, or there is no such code.
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

// Mobile is the mobile number in its normal form, as it is dialled in the town's country. Its faults are those of
// NormalMobile.
func (p *People) Mobile(text string) (string, error) { return NormalMobile(text, p.town().Region) }
