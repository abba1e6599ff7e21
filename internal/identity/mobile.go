package identity

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"math/big"
	"strconv"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/fault"
	"unoxuno/internal/identity/db"
	"unoxuno/internal/storage"
)

// MobileCodeLife is how long a code for an account's own telephone is valid.
const MobileCodeLife = 10 * time.Minute

// maxCodeTries is how often a code may be tried.
const maxCodeTries = 5

// AskMobile makes the code that proves that a number is the account's own; the caller sends it. An account may ask for
// three codes at once and then one an hour. A number gets three and then one every eight hours, whoever asks, so that
// nobody is bothered through us.
func (r *Room) AskMobile(ctx context.Context, s Staff, number string) (code string, err error) {
	if err := r.charge(ctx, r.due(codePace(), strconv.FormatInt(s.ID, 10)), r.due(numberPace(), number)); err != nil {
		return "", err
	}
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return "", err
	}
	code = fmt.Sprintf("%06d", n.Int64())
	err = r.db.Tx(ctx, func(tx *storage.Tx) error {
		err := db.New(tx).AskMobile(ctx, db.AskMobileParams{
			StaffID: s.ID, Mobile: number, Code: r.codeDigest(s.ID, number, code), ExpiresAt: clock.Millis(r.clock.Now().Add(MobileCodeLife)),
		})
		if err != nil {
			return err
		}
		return r.Audit(ctx, tx, "audit.staff.mobile_asked", "staff "+s.Email, "")
	})
	return code, err
}

// ConfirmMobile stores the number of AskMobile as the account's own. The attempt is counted before the code is checked.
// A wrong or expired code, or too many attempts, is the fault identity.mobile_code, on the field code.
func (r *Room) ConfirmMobile(ctx context.Context, s Staff, code string) error {
	wrong := fault.Invalid("identity.mobile_code").On("code")
	var counted int64
	err := r.db.Tx(ctx, func(tx *storage.Tx) (err error) {
		counted, err = db.New(tx).TryMobile(ctx, db.TryMobileParams{StaffID: s.ID, Tries: maxCodeTries, ExpiresAt: clock.Millis(r.clock.Now())})
		return err
	})
	if err != nil {
		return err
	}
	if counted == 0 {
		return wrong
	}
	return r.db.Tx(ctx, func(tx *storage.Tx) error {
		q := db.New(tx)
		asked, err := q.AskedMobile(ctx, s.ID)
		if storage.None(err) {
			return wrong
		}
		if err != nil {
			return err
		}
		if subtle.ConstantTimeCompare([]byte(asked.Code), []byte(r.codeDigest(s.ID, asked.Mobile, code))) != 1 {
			return wrong
		}
		if err := q.SetMobile(ctx, db.SetMobileParams{ID: s.ID, Mobile: asked.Mobile}); err != nil {
			return err
		}
		if err := q.DeleteMobile(ctx, s.ID); err != nil {
			return err
		}
		return r.Audit(ctx, tx, "audit.staff.mobile", "staff "+s.Email, "")
	})
}

func (r *Room) codeDigest(staff int64, number, code string) string {
	return hex.EncodeToString(r.sealer.Digest("code of a mobile", fmt.Sprint(staff, "\x00", number, "\x00", code)))
}
