package delivery

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"

	"unoxuno/internal/delivery/bounce"
	"unoxuno/internal/delivery/db"
	"unoxuno/internal/delivery/email"
	"unoxuno/internal/storage"
)

// Suppress stops all messages to the address; reason is the caller's word for the record.
func (r *Room) Suppress(ctx context.Context, tx *storage.Tx, address, reason string) error {
	return db.New(tx).Suppress(ctx, db.SuppressParams{Digest: r.digest(address), Reason: reason, Created: r.now()})
}

// suppressGone suppresses an address that does not exist, as its server or the gateway said at once, like one that was
// returned for that reason.
func suppressGone(ctx context.Context, tx *storage.Tx, digest string, now int64) error {
	err := db.New(tx).SuppressFor(ctx, db.SuppressForParams{Digest: digest, Reason: string(bounce.Hard), Created: now})
	if err != nil {
		return fmt.Errorf("suppress: %w", err)
	}
	return nil
}

// refusedAtOnce is the kind under which delivery_return records, for the brake only, messages that were refused because
// the address does not exist. They are not returns: the ledger says that they were refused.
const refusedAtOnce = "gone"

// noteGone records that the address of a message of a batch does not exist.
func noteGone(ctx context.Context, tx *storage.Tx, batch int64, o outcome, now int64) error {
	if err := suppressGone(ctx, tx, o.digest, now); err != nil {
		return err
	}
	_, err := db.New(tx).NoteReturn(ctx, db.NoteReturnParams{
		Batch: batch, Person: o.person, Kind: refusedAtOnce, Reason: string(o.reason), At: now,
	})
	if err != nil {
		return fmt.Errorf("note a refusal: %w", err)
	}
	return nil
}

// Lift ends the suppression of the address, whose holder has proved that mail reaches her. Earlier returns no longer
// count against it.
func (r *Room) Lift(ctx context.Context, tx *storage.Tx, address string) error {
	queries, digest := db.New(tx), r.digest(address)
	if err := queries.LiftReturns(ctx, digest); err != nil {
		return err
	}
	return queries.Lift(ctx, digest)
}

// Suppressed tells whether the address is suppressed.
func (r *Room) Suppressed(ctx context.Context, q storage.Queryer, address string) (bool, error) {
	return db.New(q).IsSuppressed(ctx, r.digest(address))
}

// Gone tells whether the address is suppressed because it does not exist, as a mail server or the network said.
func (r *Room) Gone(ctx context.Context, q storage.Queryer, address string) (bool, error) {
	return db.New(q).IsGone(ctx, r.digest(address))
}

// digest is the key of an address in the suppression list. Case is ignored: no real mailbox distinguishes Maria@ from
// maria@, and a missed suppression does more harm than one too many.
func (r *Room) digest(address string) string { return hex.EncodeToString(r.rawDigest(address)) }

func (r *Room) rawDigest(address string) []byte {
	if path, err := email.ParsePath(address); err == nil {
		address = path.String()
	}
	return r.digestOf(address)
}

// digestOf is rawDigest of an address that is normalized already: the text of a path, a telephone number.
func (r *Room) digestOf(text string) []byte {
	return r.sealer.Digest("delivery.suppression", strings.ToLower(text))
}

// suppressedAmong returns which of the digests are in the list.
func suppressedAmong(ctx context.Context, q storage.Queryer, digests []string) (_ map[string]bool, err error) {
	found := map[string]bool{}
	if len(digests) == 0 {
		return found, nil
	}
	var query storage.Builder
	query.Add("SELECT digest FROM delivery_suppression WHERE digest")
	storage.In(&query, digests)
	rows, err := q.QueryContext(ctx, query.SQL(), query.Args()...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err reports any failure
	for rows.Next() {
		var d string
		if err := rows.Scan(&d); err != nil {
			return nil, err
		}
		found[d] = true
	}
	return found, rows.Err()
}
