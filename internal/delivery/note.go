package delivery

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery/db"
	"unoxuno/internal/delivery/email"
	"unoxuno/internal/delivery/routing"
	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/fault"
	"unoxuno/internal/storage"
)

// Note is a single mail or text message: a confirmation, a personal link, a code.
type Note struct {
	Kind     string // the poster's word for statistics: "confirm", "link"
	Channel  string // "" means Email. For SMS, To is a number, and only Text and Language are used
	Person   int64  // 0 if unknown
	To       string
	ToName   string        // optional
	From     email.Mailbox // zero means Settings.From
	Language string
	Subject  string
	Text     string
	HTML     string    // optional
	Expires  time.Time // after this it is not sent; zero: never
}

// A few notes are sent at a time. A note has a minute to be sent, and its lease is a little longer, so it needs no
// renewal.
const (
	notesAtOnce = 16
	noteTime    = time.Minute
	noteLease   = 90 * time.Second
)

// Post queues a note, in the caller's transaction. Run sends it within a second of the commit, or at once after Wake.
// It fails with a fault if an address is malformed. Nothing is sent to a person who is erased meanwhile.
func (r *Room) Post(ctx context.Context, tx *storage.Tx, n Note) error {
	if n.From == (email.Mailbox{}) {
		n.From = r.settings.From
	}
	if n.Channel == "" {
		n.Channel = Email
	}
	if err := n.check(); err != nil {
		return err
	}
	if found, err := r.holdPerson(ctx, tx, n.Person); err != nil || !found {
		return err
	}
	now := r.now()
	return db.New(tx).PostNote(ctx, db.PostNoteParams{
		ID: storage.NewID(), Kind: n.Kind, Person: n.Person, ToAddress: n.To, ToName: n.ToName,
		FromAddress: n.From.Address, FromName: n.From.Name, Language: n.Language, Subject: n.Subject,
		BodyText: n.Text, BodyHtml: n.HTML, Due: now, Created: now, Changed: now, Channel: n.Channel, Expires: clock.Millis(n.Expires),
	})
}

// check returns why the note can never be sent, or nil.
func (n Note) check() error {
	switch n.Channel {
	case Email:
		if _, err := email.ParsePath(n.To); err != nil {
			return err
		}
		_, err := n.compile()
		return err
	case SMS:
		_, err := sms.ParseNumber(n.To)
		return err
	}
	return fault.Invalid("delivery.channel", "Channel", n.Channel)
}

func (n Note) compile() (*email.Template, error) {
	m := email.Message{
		From: n.From, Subject: n.Subject, Language: n.Language, Auto: true, Text: email.Part{{Literal: n.Text}},
	}
	if n.HTML != "" {
		m.HTML = email.Part{{Literal: n.HTML}}
	}
	return email.Compile(m)
}

// SendNotes sends the notes that are due now, and returns how many the relay accepted. Run calls it.
func (r *Room) SendNotes(ctx context.Context) (int, error) {
	sending, done := lingering(ctx, context.WithoutCancel(ctx))
	defer done()
	var sent atomic.Int64
	for ctx.Err() == nil {
		due, err := db.New(r.db).AnyNoteDue(ctx, r.now())
		if err != nil || !due {
			return int(sent.Load()), err
		}
		claimed, err := r.claimNotes(ctx)
		if err != nil || len(claimed) == 0 {
			return int(sent.Load()), err
		}
		var all errgroup.Group
		for _, note := range claimed {
			all.Go(func() error {
				state, err := r.sendNote(sending, note)
				if state == Sent {
					sent.Add(1)
				}
				return err
			})
		}
		if err := all.Wait(); err != nil {
			return int(sent.Load()), err
		}
	}
	return int(sent.Load()), nil
}

func (r *Room) claimNotes(ctx context.Context) (notes []db.DeliveryNote, err error) {
	err = r.db.Tx(ctx, func(tx *storage.Tx) error {
		notes = notes[:0]
		ids, err := dueNotes(ctx, tx, r.now())
		if err != nil {
			return err
		}
		for _, id := range ids {
			if _, err := tx.ExecContext(ctx, "UPDATE delivery_note SET fence = fence + 1, lease_until = $2 + "+tx.Engine().Now()+
				" WHERE id = $1", id, noteLease.Milliseconds()); err != nil {
				return err
			}
			note, err := db.New(tx).GetNote(ctx, id)
			if err != nil {
				return err
			}
			notes = append(notes, note)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("claim notes: %w", err)
	}
	return notes, nil
}

func dueNotes(ctx context.Context, tx *storage.Tx, now int64) (ids []int64, err error) {
	rows, err := tx.QueryContext(ctx, toSend(tx.Engine()), now, notesAtOnce)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err reports any failure
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// sendNote sends a claimed note and records the outcome.
func (r *Room) sendNote(sending context.Context, row db.DeliveryNote) (State, error) {
	ctx := context.WithoutCancel(sending) // the outcome is recorded even if the sending was cancelled
	came, parts, err := r.tryNote(sending, row)
	if err != nil {
		return "", err
	}
	tries := row.Attempts + 1
	if came.reason == r.way(row.Channel, routing.Default).down() {
		tries-- // nothing was tried
	}
	digest := r.digest(row.ToAddress)
	var back []noted
	err = r.db.Tx(ctx, func(tx *storage.Tx) error {
		queries, now := db.New(tx), r.now()
		back = nil
		if found, err := r.holdReader(ctx, tx, 0, row.ID); err != nil || !found {
			return err // the person was erased, and the note with her
		}
		if came.state == Later {
			return queries.NoteLater(ctx, db.NoteLaterParams{
				ID: row.ID, Fence: row.Fence, Reason: string(came.reason), Code: int64(came.code), Attempts: tries,
				Due: came.nextAt, Changed: now,
			})
		}
		if came.gone {
			if err := suppressGone(ctx, tx, digest, now); err != nil {
				return err
			}
		}
		told, err := writeParts(ctx, tx, 0, row.ID, parts, digest, now)
		if err != nil {
			return err
		}
		if back, err = r.undeliveredAll(ctx, tx, told); err != nil {
			return err
		}
		return queries.NoteDone(ctx, db.NoteDoneParams{
			ID: row.ID, Fence: row.Fence, State: string(came.state), Reason: string(came.reason), Code: int64(came.code),
			Attempts: tries, Changed: now,
		})
	})
	for _, n := range back {
		if err == nil {
			err = r.heedReturn(ctx, n)
		}
	}
	return came.state, err
}

// tryNote sends a note once. parts are the ids of a text message's receipts.
func (r *Room) tryNote(ctx context.Context, row db.DeliveryNote) (came result, parts []string, err error) {
	if row.Expires > 0 && row.Expires <= r.now() {
		return result{state: Refused, reason: email.Expired}, nil, nil
	}
	unwanted, err := r.unwanted(ctx, row)
	if err != nil || unwanted {
		return result{state: Suppressed}, nil, err
	}
	way := r.way(row.Channel, routing.Default)
	to := Recipient{Person: row.ID, Address: row.ToAddress, Name: row.ToName, Text: row.BodyText}
	if reason := way.accepts(&to); reason != "" {
		return result{state: Refused, reason: reason}, nil, nil
	}
	timed, cancel := context.WithTimeout(ctx, noteTime)
	defer cancel()
	if row.Channel == SMS {
		parts, err = r.handOver(timed, 0, to, r.validity(row))
	} else {
		err = r.mailNote(timed, row, to)
	}
	var unfit *unfitError
	switch {
	case errors.As(err, &unfit):
		return result{state: Refused, reason: email.Other}, nil, nil // Post accepted it, so the program has changed since
	case err != nil && isDown(err) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled):
		return result{state: Later, reason: way.down(), nextAt: r.back(way)}, nil, nil
	}
	return r.verdict(err, row.Attempts+1), parts, nil
}

// The kinds of notes that ask for a confirmation of an address. They are sent to suppressed addresses too: the
// confirmation ends the suppression.
const (
	NoteConfirm = "confirm" // a sign-up
	NoteAddress = "address" // another address of a known person
	NoteCode    = "code"    // of a number, by text message
)

// NoteEntry is the kind of notes with an entry to a person's own page, which somebody has just requested. The answer to
// the request is the same, and as fast, whether or not somebody has the address: that is looked up here, when the note
// is sent.
const NoteEntry = "entry"

// PlugHolders sets the function that tells whether the town knows a person with that confirmed address. Notes of kind
// NoteEntry go to nobody else. It is called while the program is assembled.
func (r *Room) PlugHolders(has func(ctx context.Context, channel, address string) (bool, error)) {
	r.hasHolder = has
}

// entryUnwanted tells whether a note of kind NoteEntry must not be sent, because the town knows nobody with the
// address, or because the address does not exist. Any other suppression is about newsletters: a person who reported one
// as spam may still see and erase her data.
func (r *Room) entryUnwanted(ctx context.Context, row db.DeliveryNote) (bool, error) {
	gone, err := r.Gone(ctx, r.db, row.ToAddress)
	if err != nil || gone {
		return true, err
	}
	has, err := r.hasHolder(ctx, row.Channel, row.ToAddress)
	return !has, err
}

// forgetNotesTo deletes the waiting notes to the person's addresses, because not all of them say whose they are.
func (r *Room) forgetNotesTo(ctx context.Context, tx *storage.Tx, person int64) error {
	addresses, err := r.persons.AddressValues(ctx, tx, person)
	for _, address := range addresses {
		if err == nil {
			err = db.New(tx).ForgetNotesTo(ctx, address)
		}
	}
	return err
}

// unwanted tells whether the note's address is suppressed. A person who wrote STOP still gets the answer to it.
func (r *Room) unwanted(ctx context.Context, row db.DeliveryNote) (bool, error) {
	switch {
	case row.Kind == NoteEntry:
		return r.entryUnwanted(ctx, row)
	case row.Kind == NoteConfirm, row.Kind == NoteAddress, row.Kind == NoteCode:
		return false, nil
	case row.Channel == SMS:
		return db.New(r.db).SuppressedExcept(ctx, db.SuppressedExceptParams{Digest: r.digest(row.ToAddress), Reason: stopped})
	}
	return r.Suppressed(ctx, r.db, row.ToAddress)
}

// validity returns how long the network should try; 0 leaves it to the network.
func (r *Room) validity(row db.DeliveryNote) time.Duration {
	if row.Expires == 0 {
		return 0
	}
	return max(time.Minute, clock.Time(row.Expires).Sub(r.clock.Now()))
}

func (r *Room) mailNote(ctx context.Context, row db.DeliveryNote, to Recipient) (err error) {
	note := Note{
		From: email.Mailbox{Name: row.FromName, Address: row.FromAddress}, Language: row.Language, Subject: row.Subject,
		Text: row.BodyText, HTML: row.BodyHtml,
	}
	if to.Template, err = note.compile(); err != nil {
		return &unfitError{err.Error()}
	}
	return r.deliver(ctx, routing.Default, to)
}

// Notes returns how many notes are in each state, for the office.
func (r *Room) Notes(ctx context.Context) (map[State]int64, error) {
	rows, err := db.New(r.db).CountNotes(ctx)
	if err != nil {
		return nil, err
	}
	counts := make(map[State]int64, len(rows))
	for _, row := range rows {
		counts[State(row.State)] = row.Notes
	}
	return counts, nil
}

// toSend selects due notes: $1 is now, $2 the limit.
func toSend(engine storage.Engine) string {
	return "SELECT id FROM delivery_note WHERE due > 0 AND due <= $1 AND " + engine.LeaseEnded("lease_until", noteLease) +
		" AND NOT EXISTS (SELECT 1 FROM delivery_held h WHERE delivery_note.created <= h.at)" +
		" ORDER BY due, id LIMIT $2" + engine.SkipLocked()
}
