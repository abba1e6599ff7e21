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

// Schema is the room's migrations.
func Schema() fs.FS { return storage.Sub(schema, "schema") }

// Settings say where the files are and for how long they are kept.
type Settings struct {
	Folder string // it is made when the first entry is written
	Days   int    // for so many days a copy of the database may be put back
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

// New makes the room upon a database that has its schema.
func New(d *storage.DB, c clock.Clock, s *seal.Sealer, log *slog.Logger, settings Settings) *Room {
	return &Room{d, c, s, log, settings.Days, newFiles(settings.Folder)}
}

// Close closes the file that is being written.
func (r *Room) Close() error { return r.files.close() }

// Fact is one thing that was taken away from what stands about a person, or that she took back.
type Fact struct {
	Matter string // what it is about: "newsletter/teatro". Of the facts about one matter the last counts
	Detail string // what else must be known to do it again
	Back   bool   // she took it back
}

// Erased is the matter of an erasure.
const Erased = "person"

// Again is how rooms call, in their own records, what was taken again after a restore.
const Again = "restore"

// Note writes an entry about the person. The line is on disk before the transaction commits; without it nothing is
// committed. Whoever calls it holds the person, so that entries about her are numbered in the order of their deeds.
func (r *Room) Note(ctx context.Context, tx *storage.Tx, person int64, facts ...Fact) error {
	deed := tx.Ending(r, func() storage.Ending { return &deed{room: r, entries: map[int64]*entry{}} }).(*deed)
	e := deed.entries[person]
	if e == nil {
		e = &entry{id: storage.NewID(), person: r.hash(person)}
		if err := db.New(tx).AddEntry(ctx, db.AddEntryParams{ID: e.id, NotedAt: clock.Millis(r.clock.Now())}); err != nil {
			return err
		}
		deed.entries[person] = e
		deed.order = append(deed.order, e)
	}
	e.facts = append(e.facts, facts...)
	return nil
}

// Purposes of what the sealer makes for the journal.
const (
	purposePerson = "journal.person"
	purposeFacts  = "journal.facts"
)

// hash is how the files name a person.
func (r *Room) hash(person int64) hash {
	return hash(r.sealer.Digest(purposePerson, strconv.FormatInt(person, 10)))
}

type hash [16]byte

// entry is what one transaction took from one person.
type entry struct {
	id        int64
	person    hash
	facts     []Fact
	committed bool // the files say so
	undone    bool // the files say that its deed did not happen
}

// sealed is what the entry says, readable with the town's secret alone. Number and person are inside, too, so that no line
// can be put together from two.
func (r *Room) sealed(e *entry) string {
	return r.sealer.Seal(purposeFacts, append(e.bound(), writeFacts(e.facts)...), time.Time{})
}

func (e *entry) bound() []byte {
	return append(binary.BigEndian.AppendUint64(nil, uint64(e.id)), e.person[:]...)
}

// deed follows one transaction.
type deed struct {
	room    *Room
	entries map[int64]*entry // by person
	order   []*entry
}

// Committing puts the entries on disk.
func (d *deed) Committing() error {
	var lines []byte
	for _, e := range d.order {
		lines = appendEntry(lines, e, d.room.sealed(e))
	}
	return d.room.files.write(d.room.clock.Now(), lines, true)
}

// Ended notes what became of the deed. That need not be on disk at once: Settle asks the database.
func (d *deed) Ended(outcome storage.Outcome) {
	mark := byte(markCommitted)
	switch outcome {
	case storage.Unknown:
		return
	case storage.RolledBack:
		mark = markUndone
	}
	var lines []byte
	for _, e := range d.order {
		lines = appendMark(lines, e.id, mark)
	}
	if err := d.room.files.write(d.room.clock.Now(), lines, false); err != nil {
		d.room.log.Warn("the journal does not say yet what became of an entry; the next start asks the database", "err", err)
	}
}

// Sweep removes what is older than any copy that may be put back. The files go first, so that the database never lacks an
// entry that they have.
func (r *Room) Sweep(ctx context.Context) error {
	if err := r.Prune(); err != nil {
		return err
	}
	return r.db.Tx(ctx, func(tx *storage.Tx) error {
		return db.New(tx).SweepEntries(ctx, clock.Millis(r.clock.Now().AddDate(0, 0, -r.days-sweptLater)))
	})
}

// sweptLater is how many days longer the database remembers an entry than the files do: each machine removes its files
// by itself, when it runs.
const sweptLater = 60

// Prune removes this machine's files that are older than any copy that may be put back.
func (r *Room) Prune() error { return r.files.prune(r.clock.Now().AddDate(0, 0, -r.days)) }
