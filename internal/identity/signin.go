package identity

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/fault"
	"unoxuno/internal/identity/db"
	"unoxuno/internal/storage"
)

// networkKept is how long we remember that an account signed in from a network.
const networkKept = 90 * 24 * time.Hour

// Credentials are what is entered to sign in, and the network it comes from.
type Credentials struct {
	Email, Password string
	Network         string // the client's, as limits count it
}

// SignIn returns the account with that address if the password is right. Every failure gives the same error.
func (r *Room) SignIn(ctx context.Context, c Credentials) (Staff, error) {
	s, err := r.Prove(ctx, c)
	if err != nil {
		return Staff{}, err
	}
	now := r.clock.Now()
	ctx = access.With(ctx, s.Actor()) // now the actor is known
	err = r.db.Tx(ctx, func(tx *storage.Tx) error {
		q := db.New(tx)
		if err := q.SignedIn(ctx, db.SignedInParams{ID: s.ID, SignedInAt: clock.Millis(now)}); err != nil {
			return err
		}
		if err := q.DeleteOldNetworks(ctx, clock.Millis(now.Add(-networkKept))); err != nil {
			return err
		}
		err := q.SaveNetwork(ctx, db.SaveNetworkParams{StaffID: s.ID, Network: r.networkDigest(c.Network), UsedAt: clock.Millis(now)})
		if err != nil {
			return err
		}
		return r.Audit(ctx, tx, "audit.staff.signed_in", "staff "+s.Email, "")
	})
	s.SignedInAt = now
	return s, err
}

// Prove is SignIn for somebody who is signed in and is asked for the password again; the same limits apply. An attempt
// is counted before the password is checked, and taken back if it was right. An unknown address takes the same steps
// and the same time as a known one.
func (r *Room) Prove(ctx context.Context, c Credentials) (Staff, error) {
	email := foldEmail(c.Email)
	if c.Password == "" {
		return Staff{}, fault.Invalid("identity.password_missing").On("password")
	}
	row, err := db.New(r.db).StaffByEmail(ctx, email)
	if err != nil && !storage.None(err) {
		return Staff{}, err
	}
	leave, err := r.gate.enter(ctx, c.Network)
	if err != nil {
		return Staff{}, err
	}
	defer leave()
	dues, err := r.duesOf(ctx, row.ID, email, c.Network)
	if err != nil {
		return Staff{}, err
	}
	if err := r.charge(ctx, dues...); err != nil {
		return Staff{}, err
	}
	hash := row.PasswordHash
	if hash == "" {
		hash = hashOfNobody
	}
	right := passwordIs(c.Password, hash) && row.Active
	err = r.db.Tx(ctx, func(tx *storage.Tx) error {
		q := db.New(tx)
		if !right {
			return q.DeletePaid(ctx, clock.Millis(r.clock.Now()))
		}
		if err := forgive(ctx, q, dues[:len(dues)-1]...); err != nil {
			return err
		}
		return q.ForgiveAll(ctx, dues[len(dues)-1].key)
	})
	if err != nil {
		return Staff{}, err
	}
	if !right {
		return Staff{}, fault.Invalid("identity.sign_in_failed")
	}
	return r.StaffByID(ctx, row.ID)
}

// duesOf returns the counters of an attempt, in the order of charge: the network; strangers, unless the account signed
// in from there lately; and the account in that network.
func (r *Room) duesOf(ctx context.Context, id int64, email, network string) ([]due, error) {
	known, err := db.New(r.db).KnownNetwork(ctx, db.KnownNetworkParams{
		StaffID: id, Network: r.networkDigest(network), UsedAt: clock.Millis(r.clock.Now().Add(-networkKept)),
	})
	dues := []due{r.due(networkPace(), network)}
	if known == 0 {
		dues = append(dues, r.due(strangerPace(), email))
	}
	return append(dues, r.due(pairPace(), email, network)), err
}

func (r *Room) networkDigest(network string) string {
	return hex.EncodeToString(r.sealer.Digest("network of a sign-in", network)[:16])
}

// digest is the stored form of our own secrets. They are long and random, so no slow hash is needed.
func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
