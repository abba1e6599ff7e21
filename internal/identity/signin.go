package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/fault"
	"unoxuno/internal/identity/db"
	"unoxuno/internal/storage"
)

// How many tries may fail within which time.
const (
	maxFailures   = 5
	failureWindow = 15 * time.Minute
	failureKept   = time.Hour
)

// SignIn is the account of that address, if the password is its own. Every failure tells the same.
func (r *Room) SignIn(ctx context.Context, email, password string) (Staff, error) {
	s, err := r.Prove(ctx, email, password)
	if err != nil {
		return Staff{}, err
	}
	now := r.clock.Now()
	ctx = access.With(ctx, s.Actor()) // now that it is proved who asks
	err = r.db.Tx(ctx, func(tx *storage.Tx) error {
		if err := db.New(tx).SignedIn(ctx, db.SignedInParams{ID: s.ID, SignedInAt: clock.Millis(now)}); err != nil {
			return err
		}
		return r.Audit(ctx, tx, "audit.staff.signed_in", "staff "+s.Email, "")
	})
	s.SignedInAt = now
	return s, err
}

// Prove is SignIn for who has signed in already and is asked for her password once more; it is throttled alike.
func (r *Room) Prove(ctx context.Context, email, password string) (Staff, error) {
	email = foldEmail(email)
	now := r.clock.Now()
	q := db.New(r.db)
	failures, err := q.CountFailures(ctx, db.CountFailuresParams{Email: email, At: clock.Millis(now.Add(-failureWindow))})
	if err != nil {
		return Staff{}, err
	}
	if failures >= maxFailures {
		return Staff{}, fault.TooMany("identity.too_many_failures")
	}
	row, err := q.StaffByEmail(ctx, email)
	if err != nil && !storage.None(err) {
		return Staff{}, err
	}
	hash := row.PasswordHash
	if hash == "" {
		hash = hashOfNobody
	}
	if !passwordIs(password, hash) || !row.Active {
		return Staff{}, r.signInFailed(ctx, email, now)
	}
	if failures > 0 {
		if err := r.db.Tx(ctx, func(tx *storage.Tx) error { return db.New(tx).ClearFailures(ctx, email) }); err != nil {
			return Staff{}, err
		}
	}
	return r.StaffByID(ctx, row.ID)
}

func (r *Room) signInFailed(ctx context.Context, email string, now time.Time) error {
	err := r.db.Tx(ctx, func(tx *storage.Tx) error {
		q := db.New(tx)
		if err := q.DeleteOldFailures(ctx, clock.Millis(now.Add(-failureKept))); err != nil {
			return err
		}
		return q.InsertFailure(ctx, db.InsertFailureParams{ID: storage.NewID(), Email: email, At: clock.Millis(now)})
	})
	if err != nil {
		return err
	}
	return fault.Invalid("identity.sign_in_failed")
}

// tokenPrefix makes a leaked token recognisable to people and to scanners of secrets.
const tokenPrefix = "unoxuno_"

// tokenLife is how long a token lasts: long enough to forget, short enough to be made anew.
const tokenLife = 365 * 24 * time.Hour

// CreateToken makes a key by which a program acts with a role, in one newsroom or, when that is empty, wherever the
// role reaches. The key is returned this once; only its digest is kept.
func (r *Room) CreateToken(ctx context.Context, role Role, newsroom, label string) (token string, expires time.Time, err error) {
	if _, err := ParseRole(string(role)); err != nil {
		return "", time.Time{}, err
	}
	if role == Editor && newsroom == "" {
		return "", time.Time{}, fault.Invalid("identity.newsroom_missing").On("newsroom")
	}
	token = tokenPrefix + rand.Text()
	now := r.clock.Now()
	expires = now.Add(tokenLife)
	err = r.db.Tx(ctx, func(tx *storage.Tx) error {
		err := db.New(tx).InsertToken(ctx, db.InsertTokenParams{
			ID: storage.NewID(), TokenHash: digest(token), Label: label, Role: string(role), Newsroom: newsroom,
			CreatedAt: clock.Millis(now), ExpiresAt: clock.Millis(expires),
		})
		if err != nil {
			return err
		}
		return r.Audit(ctx, tx, "audit.token.created", "token "+label, string(role)+" "+newsroom)
	})
	return token, expires, err
}

// ActorOfToken is the actor that a token stands for; a fault of KindUnauthenticated when it is none of ours.
func (r *Room) ActorOfToken(ctx context.Context, token string) (access.Actor, error) {
	row, err := db.New(r.db).TokenByHash(ctx, db.TokenByHashParams{TokenHash: digest(token), ExpiresAt: clock.Millis(r.clock.Now())})
	if storage.None(err) {
		return access.Actor{}, fault.New(fault.KindUnauthenticated, "identity.token_unknown")
	}
	if err != nil {
		return access.Actor{}, err
	}
	var named []string
	if row.Newsroom != "" {
		named = []string{row.Newsroom}
	}
	role := Role(row.Role)
	return access.Actor{
		Kind: access.StaffAct, ID: row.ID, Name: "token " + row.Label, Permissions: role.Permissions(), Newsrooms: role.newsrooms(named),
	}, nil
}

// digest is how a secret of ours is kept. It is random and long, so that no slow hash is needed.
func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
