package journal

import (
	"context"
	"embed"
	"encoding/binary"
	"io/fs"
	"log/slog"
	"strconv"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/journal/db"
	"unoxuno/internal/seal"
	"unoxuno/internal/storage"
)

//go:embed schema/*.sql
var schema embed.FS

// Schema returns the room's migrations.
func Schema() fs.FS { return storage.Sub(schema, "schema") }

// Times are the times after which the database forgets an entry.
func Times() []storage.Time { return storage.Times(0, "journal_entry", "noted_at") }

// Settings say where the files are and for how long they are kept.
type Settings struct {
	Folder string // created with the first entry
	Days   int    // how many days a copy of the database may be restored
}

// Room writes the journal and reads it.
type Room struct {
	db     *storage.DB
	clock  clock.Clock
	sealer *seal.Sealer
	log    *slog.Logger
	days   int
	files  *files
}

// New returns the room for a database that has its schema.
func New(d *storage.DB, c clock.Clock, s *seal.Sealer, log *slog.Logger, settings Settings) *Room {
	return &Room{d, c, s, log, settings.Days, newFiles(settings.Folder)}
}

// Close closes the file that is being written.
func (r *Room) Close() error { return r.files.close() }

// Fact is one thing that was taken away from a person's data, or given back to it at her wish.
type Fact struct {
	Matter string // what the fact is about, such as "newsletter/teatro"; only the last fact about a matter counts
	Detail string // what else is needed to do it again
	Back   bool   // she took it back
}

// Erased is the matter of an erasure.
const Erased = "person"

// Again is the reason that rooms store with a change that was done again after a restore.
const Again = "restore"

// Note adds facts about the person to the transaction's entry. The entry is on disk before the transaction commits; if
// it cannot be written, nothing is committed. The caller holds the person, so that her entries are numbered in the
// order of their transactions.
func (r *Room) Note(ctx context.Context, tx *storage.Tx, person int64, facts ...Fact) error {
	p := tx.Ending(r, func() storage.Ending { return &pending{room: r, entries: map[int64]*entry{}} }).(*pending)
	e := p.entries[person]
	if e == nil {
		e = &entry{id: storage.NewID(), person: r.hash(person)}
		if err := db.New(tx).AddEntry(ctx, db.AddEntryParams{ID: e.id, NotedAt: clock.Millis(r.clock.Now())}); err != nil {
			return err
		}
		p.entries[person] = e
		p.order = append(p.order, e)
	}
	e.facts = append(e.facts, facts...)
	return nil
}

// The purposes of the sealer's digests and tokens.
const (
	purposePerson = "journal.person"
	purposeFacts  = "journal.facts"
)

// hash returns the person's name in the files.
func (r *Room) hash(person int64) hash {
	return hash(r.sealer.Digest(purposePerson, strconv.FormatInt(person, 10)))
}

type hash [16]byte

// entry is what one transaction took away from one person.
type entry struct {
	id        int64
	person    hash
	facts     []Fact
	committed bool // the files say that its transaction committed
	undone    bool // the files say that its transaction did not commit
}

// sealed encrypts the entry's facts with the town's secret. The token includes the number and the person, so that parts
// of two lines cannot be combined.
func (r *Room) sealed(e *entry) string {
	return r.sealer.Seal(purposeFacts, append(e.bound(), writeFacts(e.facts)...), time.Time{})
}

func (e *entry) bound() []byte {
	return append(binary.BigEndian.AppendUint64(nil, uint64(e.id)), e.person[:]...)
}

// pending holds the entries of one transaction.
type pending struct {
	room    *Room
	entries map[int64]*entry // by person
	order   []*entry
}

// Committing writes the entries to disk.
func (p *pending) Committing() error {
	var lines []byte
	for _, e := range p.order {
		lines = appendEntry(lines, e, p.room.sealed(e))
	}
	return p.room.files.write(p.room.clock.Now(), lines, true)
}

// Ended marks the entries as committed or undone. The marks need not be on disk at once: Settle can ask the database.
func (p *pending) Ended(outcome storage.Outcome) {
	mark := byte(markCommitted)
	switch outcome {
	case storage.Unknown:
		return
	case storage.RolledBack:
		mark = markUndone
	}
	var lines []byte
	for _, e := range p.order {
		lines = appendMark(lines, e.id, mark)
	}
	if err := p.room.files.write(p.room.clock.Now(), lines, false); err != nil {
		p.room.log.Warn("the journal does not say yet what became of an entry; the next start asks the database", "err", err)
	}
}

// Sweep removes entries that are older than any copy that may be restored. It removes the files first, so that the
// database never lacks an entry that they have.
func (r *Room) Sweep(ctx context.Context) error {
	if err := r.Prune(); err != nil {
		return err
	}
	return r.db.Tx(ctx, func(tx *storage.Tx) error {
		return db.New(tx).SweepEntries(ctx, clock.Millis(r.clock.Now().AddDate(0, 0, -r.days-sweptLater)))
	})
}

// sweptLater is how many days longer the database keeps an entry than the files do. Each machine removes its own files
// when it runs, which may be late.
const sweptLater = 60

// Prune removes this machine's files that are older than any copy that may be restored.
func (r *Room) Prune() error { return r.files.prune(r.clock.Now().AddDate(0, 0, -r.days)) }
