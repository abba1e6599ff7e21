package identity

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/fault"
	"unoxuno/internal/identity/db"
	"unoxuno/internal/plaintext"
	"unoxuno/internal/storage"
)

// tokenPrefix makes a leaked token recognisable for people and secret scanners.
const tokenPrefix = "unoxuno_"

// MaxTokenDays is the longest life of a token.
const MaxTokenDays = 365

// usedEvery is the precision of a token's last use.
const usedEvery = time.Hour

// Token is a key for a program: with a role of its own, or for an account with the permissions that it has at the time.
// Only the key's digest is stored.
type Token struct {
	ID       int64
	Label    string
	Role     Role   // of a token of the town
	Newsroom string // limits the role; "" for none
	Owner    int64  // the account it acts for; 0 for a token of the town
	By       string // who created it: an account's address, "console"
	Created  time.Time
	Expires  time.Time
	Used     time.Time // last use, to the hour; zero for never
	Ended    time.Time // when it was revoked; zero if it was not
}

// Works tells whether the token is valid at a moment.
func (t Token) Works(now time.Time) bool { return t.Ended.IsZero() && t.Expires.After(now) }

func tokenOf(row db.IdentityToken) Token {
	return Token{
		ID: row.ID, Label: row.Label, Role: Role(row.Role), Newsroom: row.Newsroom, Owner: row.OwnerID, By: row.CreatedBy,
		Created: clock.Time(row.CreatedAt), Expires: clock.Time(row.ExpiresAt), Used: clock.Time(row.UsedAt), Ended: clock.Time(row.EndedAt),
	}
}

// CreateToken makes a key with a role, in one newsroom or, if that is empty, wherever the role reaches. It lasts
// MaxTokenDays. The key is returned only here.
func (r *Room) CreateToken(ctx context.Context, role Role, newsroom, label string) (key string, expires time.Time, err error) {
	if _, err := ParseRole(string(role)); err != nil {
		return "", time.Time{}, err
	}
	if role == Editor && newsroom == "" {
		return "", time.Time{}, fault.Invalid("identity.newsroom_missing").On("newsroom")
	}
	return r.createToken(ctx, Token{Role: role, Newsroom: newsroom, Label: label}, MaxTokenDays)
}

// CreateOwnToken makes a key for the account, for so many days. It ends with the account. Faults are on the fields
// label and days.
func (r *Room) CreateOwnToken(ctx context.Context, s Staff, label string, days int) (key string, expires time.Time, err error) {
	var p fault.Problems
	if label = strings.TrimSpace(label); label == "" || len(label) > 100 {
		p = append(p, fault.Invalid("identity.token_label").On("label"))
	}
	if days < 1 || days > MaxTokenDays {
		p = append(p, fault.Invalid("identity.token_days", "Most", MaxTokenDays).On("days"))
	}
	if err := p.Err(); err != nil {
		return "", time.Time{}, err
	}
	return r.createToken(ctx, Token{Owner: s.ID, Label: label}, days)
}

func (r *Room) createToken(ctx context.Context, t Token, days int) (key string, expires time.Time, err error) {
	if err := plaintext.Each(&t.Label).Err(); err != nil {
		return "", time.Time{}, err
	}
	key = tokenPrefix + rand.Text()
	now := r.clock.Now()
	expires = now.Add(time.Duration(days) * 24 * time.Hour)
	err = r.db.Tx(ctx, func(tx *storage.Tx) error {
		err := db.New(tx).InsertToken(ctx, db.InsertTokenParams{
			ID: storage.NewID(), TokenHash: digest(key), Label: t.Label, Role: string(t.Role), Newsroom: t.Newsroom,
			CreatedAt: clock.Millis(now), ExpiresAt: clock.Millis(expires), OwnerID: t.Owner, CreatedBy: access.From(ctx).Name,
		})
		if err != nil {
			return err
		}
		return r.Audit(ctx, tx, "audit.token.created", "token "+t.Label, strings.TrimSpace(string(t.Role)+" "+t.Newsroom))
	})
	return key, expires, err
}

// Tokens returns those of an account, or all if owner is 0, newest first.
func (r *Room) Tokens(ctx context.Context, owner int64) ([]Token, error) {
	rows, err := db.New(r.db).Tokens(ctx, owner)
	if err != nil {
		return nil, err
	}
	all := make([]Token, len(rows))
	for i, row := range rows {
		all[i] = tokenOf(row)
	}
	return all, nil
}

// RevokeToken ends a token. With an owner it ends only that account's tokens: any other is not found.
func (r *Room) RevokeToken(ctx context.Context, id, owner int64) error {
	return r.db.Tx(ctx, func(tx *storage.Tx) error {
		q := db.New(tx)
		row, err := q.TokenByID(ctx, id)
		if storage.None(err) || err == nil && owner != 0 && row.OwnerID != owner {
			return fault.NotFound("identity.token_missing")
		}
		if err != nil {
			return err
		}
		n, err := q.EndToken(ctx, db.EndTokenParams{ID: id, EndedAt: clock.Millis(r.clock.Now())})
		if err != nil || n == 0 { // it had ended before
			return err
		}
		return r.Audit(ctx, tx, "audit.token.revoked", "token "+row.Label, "")
	})
}

// ActorOfToken returns the actor of a key; a fault of KindUnauthenticated if the key is invalid, or if its account was
// deactivated.
func (r *Room) ActorOfToken(ctx context.Context, key string) (access.Actor, error) {
	unknown := fault.New(fault.KindUnauthenticated, "identity.token_unknown")
	now := r.clock.Now()
	row, err := db.New(r.db).TokenByHash(ctx, db.TokenByHashParams{TokenHash: digest(key), ExpiresAt: clock.Millis(now)})
	if storage.None(err) {
		return access.Actor{}, unknown
	}
	if err != nil {
		return access.Actor{}, err
	}
	actor, err := r.actorOf(ctx, tokenOf(row))
	if err != nil {
		return access.Actor{}, err
	}
	if actor.Kind == "" {
		return access.Actor{}, unknown
	}
	if clock.Time(row.UsedAt).Before(now.Add(-usedEvery)) {
		err = r.db.Tx(ctx, func(tx *storage.Tx) error {
			return db.New(tx).TouchToken(ctx, db.TouchTokenParams{ID: row.ID, UsedAt: clock.Millis(now), UsedAt_2: clock.Millis(now)})
		})
	}
	return actor, err
}

// actorOf returns the actor of a token; none if its account was deactivated.
func (r *Room) actorOf(ctx context.Context, t Token) (access.Actor, error) {
	actor := access.Actor{Kind: access.StaffAct, ID: t.ID, Name: "token " + t.Label}
	if t.Owner == 0 {
		var named []string
		if t.Newsroom != "" {
			named = []string{t.Newsroom}
		}
		actor.Permissions, actor.Newsrooms = t.Role.Permissions(), t.Role.newsrooms(named)
		return actor, nil
	}
	owner, err := r.StaffByID(ctx, t.Owner)
	if err != nil || !owner.Active {
		return access.Actor{}, err
	}
	mine := owner.Actor()
	actor.Name += " (" + owner.Email + ")"
	actor.Permissions, actor.Newsrooms = mine.Permissions, mine.Newsrooms
	return actor, nil
}
