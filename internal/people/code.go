package people

import (
	"context"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/fault"
	"unoxuno/internal/people/db"
)

// A telephone answers with a code of a few digits. It is good for CodeLife and for codeTries tries: with six digits, one
// guess in two hundred thousand.
const (
	CodeLife  = 10 * time.Minute
	codeTries = 5
)

// NewCode makes an earlier code of the sign-up, or of the address, worthless: a new one is to be sent. Whoever sends it
// sees to it that nobody's telephone is flooded. A fault of kind Expired when nothing waits there any more.
func (p *People) NewCode(ctx context.Context, id int64) (Pending, error) {
	q, now := db.New(p.db), p.clock.Now()
	n, err := q.NewCode(ctx, db.NewCodeParams{ID: id, CodeAt: clock.Millis(now)})
	if err == nil && n == 0 {
		err = fault.Expired("people.signup.gone")
	}
	if err != nil {
		return Pending{}, err
	}
	row, err := p.signUpRow(ctx, q, id)
	return Pending{
		ID: id, Channel: Channel(row.Channel), Address: row.Value, Expires: clock.Time(row.ExpiresAt),
		Coded: clock.Time(row.CodeAt), Send: err == nil,
	}, err
}

// TryCode counts a try at the code of a sign-up, or of an address, and tells when the code was made: only so can it be
// known which it is. The fault people.code.gone (Expired) when there were too many tries, or its time is over, or there is
// no such code.
func (p *People) TryCode(ctx context.Context, id int64) (made time.Time, err error) {
	q, now := db.New(p.db), p.clock.Now()
	n, err := q.TryCode(ctx, db.TryCodeParams{
		ID: id, Most: codeTries, Since: clock.Millis(now.Add(-CodeLife)), Now: clock.Millis(now),
	})
	if err == nil && n == 0 {
		err = fault.Expired("people.code.gone")
	}
	if err != nil {
		return time.Time{}, err
	}
	row, err := q.GetSignUp(ctx, id)
	return clock.Time(row.CodeAt), err
}

// Mobile is the mobile number in its normal form, as it is dialled in the town's country. Its faults are those of
// NormalMobile.
func (p *People) Mobile(text string) (string, error) { return NormalMobile(text, p.town().Region) }
