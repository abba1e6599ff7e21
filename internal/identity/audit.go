package identity

import (
	"context"
	"math"
	"strings"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/identity/db"
	"unoxuno/internal/storage"
)

// Entry is a line of the audit log.
type Entry struct {
	ID      int64
	At      time.Time
	Actor   string // "ada@town.example", "console", "system", "person 123"
	Kind    access.ActorKind
	Action  string // key of the words: "audit.issue.sent"
	Subject string // "issue teatro/2026-11", "person 123"; never an address of a citizen
	Detail  string
}

// Audit records what the context's actor does, in the transaction of the action.
func (r *Room) Audit(ctx context.Context, tx *storage.Tx, action, subject, detail string) error {
	actor := access.From(ctx)
	name := actor.Name
	if name == "" {
		name = string(actor.Kind)
	}
	return db.New(tx).InsertAudit(ctx, db.InsertAuditParams{
		ID: storage.NewID(), At: clock.Millis(r.clock.Now()), ActorKind: string(actor.Kind), ActorID: actor.ID, ActorName: name,
		Action: action, Subject: subject, Detail: detail,
	})
}

// Note is Audit in a transaction of its own: for viewing a person's page, which changes nothing else.
func (r *Room) Note(ctx context.Context, action, subject, detail string) error {
	return r.db.Tx(ctx, func(tx *storage.Tx) error { return r.Audit(ctx, tx, action, subject, detail) })
}

// modern returns a line that an earlier version wrote as it would be written now. Those versions wrote what was changed of
// a person as a detail in English.
func (e Entry) modern() Entry {
	if e.Action != "audit.person.changed" {
		return e
	}
	words := strings.Fields(e.Detail)
	switch {
	case e.Detail == "details":
		e.Detail = ""
	case len(words) == 2 && words[0] == "address":
		e.Action, e.Detail = "audit.person.address_"+words[1], ""
	case len(words) == 3 && words[0] == "consent":
		e.Action, e.Detail = "audit.person."+words[2], words[1]
	case len(words) == 2 && (words[0] == "subscribed" || words[0] == "unsubscribed"):
		e.Action, e.Detail = "audit.person."+words[0], words[1]
	}
	return e
}

// AuditQuery selects lines of the log; empty fields select all.
type AuditQuery struct {
	Actor   string
	Subject string
	Before  int64 // id before which the page ends; 0 for the newest
	Limit   int   // at most 500
}

// AuditLog returns a page of the log, newest first.
func (r *Room) AuditLog(ctx context.Context, ask AuditQuery) ([]Entry, error) {
	if ask.Before == 0 {
		ask.Before = math.MaxInt64
	}
	rows, err := db.New(r.db).AuditPage(ctx, db.AuditPageParams{
		ID: ask.Before, ActorName: ask.Actor, Subject: ask.Subject, Limit: int32(min(max(ask.Limit, 1), 500)),
	})
	if err != nil {
		return nil, err
	}
	entries := make([]Entry, len(rows))
	for i, row := range rows {
		entries[i] = Entry{
			ID: row.ID, At: clock.Time(row.At), Actor: row.ActorName, Kind: access.ActorKind(row.ActorKind),
			Action: row.Action, Subject: row.Subject, Detail: row.Detail,
		}.modern()
	}
	return entries, nil
}
