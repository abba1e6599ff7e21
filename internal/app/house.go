package app

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/config"
	"unoxuno/internal/content"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/email"
	"unoxuno/internal/delivery/routing"
	"unoxuno/internal/disclosure"
	"unoxuno/internal/fault"
	"unoxuno/internal/identity"
	"unoxuno/internal/journal"
	"unoxuno/internal/locale"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
	"unoxuno/internal/periodic"
	"unoxuno/internal/seal"
	"unoxuno/internal/storage"
	"unoxuno/internal/taxonomy"
	"unoxuno/internal/town"
)

// house is every room, built and plugged together.
type house struct {
	log         *slog.Logger
	clock       clock.Clock
	db          *storage.DB
	sealer      *seal.Sealer
	town        *town.Room
	identity    *identity.Room
	periodic    *periodic.Room
	journal     *journal.Room
	taxonomy    *taxonomy.Taxonomy
	delivery    *delivery.Room
	disclosure  *disclosure.Room
	people      *people.People
	newsletters *newsletters.Room
}

// schemas returns the rooms' schemas in the order of the floors, because foreign keys point down.
func schemas() []storage.Schema {
	return []storage.Schema{
		{Room: "town", Files: town.Schema()},
		{Room: "identity", Files: identity.Schema(), Times: identity.Times()},
		{Room: "periodic", Files: periodic.Schema()},
		{Room: "disclosure", Files: disclosure.Schema(), Times: disclosure.Times()},
		{Room: "journal", Files: journal.Schema(), Times: journal.Times()},
		{Room: "taxonomy", Files: taxonomy.Schema()},
		{Room: "delivery", Files: delivery.Schema(), Times: delivery.Times()},
		{Room: "people", Files: people.Schema(), Times: people.Times()},
		{Room: "newsletters", Files: newsletters.Schema(), Times: newsletters.Times()},
	}
}

// wordFolders returns the words of every room.
func wordFolders() []fs.FS {
	return []fs.FS{
		ownWords(), town.Words(), identity.Words(), disclosure.Words(), taxonomy.Words(), content.Words(), delivery.Words(), people.Words(), newsletters.Words(),
	}
}

func allWords() (*locale.Words, error) {
	return locale.Load(append(wordFolders(), webWords()...)...)
}

// openHouse opens the database, migrates it and builds the rooms. Close ends it.
func (r *run) openHouse() (*house, error) {
	c, err := theClock(r.config)
	if err != nil {
		return nil, err
	}
	db, err := storage.OpenWith(r.ctx, r.config.DatabaseURL, r.pools())
	if err != nil {
		return nil, err
	}
	h, err := r.build(db, c)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return h, nil
}

func (r *run) pools() storage.Pools {
	return storage.Pools{Readers: r.config.Readers, Writers: r.config.Writers}
}

func (r *run) build(db *storage.DB, c clock.Clock) (*house, error) {
	steps, err := db.Migrate(r.ctx, schemas()...)
	if err != nil {
		return nil, err
	}
	if steps > 0 {
		r.log.Info("database brought up to date", "steps", steps)
	}
	sealer, err := theSealer(r.config)
	if err != nil {
		return nil, err
	}
	h := &house{
		log: r.log, clock: c, db: db, sealer: sealer, town: town.New(db, c), identity: identity.New(db, c, sealer),
		periodic: periodic.New(db, c, r.log), taxonomy: taxonomy.New(db),
	}
	h.journal = journal.New(db, c, sealer, r.log, journal.Settings{Folder: r.journalPath(), Days: r.config.BackupDays})
	h.disclosure = disclosure.New(db, c, sealer, h.identity)
	if err := h.taxonomy.EnsureDefaults(r.ctx); err != nil {
		return nil, err
	}
	if err := h.town.Refresh(r.ctx); err != nil {
		return nil, err
	}
	settings := deliverySettings(r.config, h.town.Town())
	if settings.SMS, err = r.smsSettings(); err != nil {
		return nil, err
	}
	if settings.Plan, err = r.plan(); err != nil {
		return nil, err
	}
	if h.delivery, err = delivery.New(db, c, sealer, r.log, settings); err != nil {
		return nil, err
	}
	h.people = people.New(db, c, h.taxonomy, func() people.Town {
		t := h.town.Town()
		return people.Town{Region: t.Region, Zone: t.Zone(), Languages: t.Languages}
	})
	r.plug(h)
	r.tighten()
	r.scrubOld(h)
	if r.restored { // restore does it itself, and reports it
		return h, nil
	}
	return h, r.noticeOlderCopy(h)
}

func deliverySettings(c config.Config, t town.Town) delivery.Settings {
	from := c.MailFrom
	if from == "" {
		from = "newsletter@" + t.Domain
	}
	return delivery.Settings{
		Zone: t.Zone(), SMTPURL: c.SMTPURL, Conns: c.SMTPConns, From: email.Mailbox{Name: t.Name, Address: from},
		Domain: t.Domain, BounceDomain: c.BounceDomain, RetryFirst: c.RetryFirst,
		LedgerMonths: c.LedgerMonths,
		Policy: delivery.Policy{
			Mailbox: from, Contact: c.PublicURL + "/", SoftCount: c.BounceSoft, SoftDays: c.BounceSoftDays, BrakeDays: c.BounceBrake,
		},
	}
}

// plan returns how mail leaves, from the delivery file.
func (r *run) plan() (routing.Plan, error) {
	if r.config.DeliveryFile == "" {
		return routing.Plan{}, nil
	}
	return routing.Read(r.config.DeliveryFile)
}

// countWithin is how long writing the visits in memory may take when the program stops.
const countWithin = 10 * time.Second

// close closes the house after the last request. Errors in closing are only logged, because the work is done.
func (h *house) close(r *run) {
	last, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), countWithin)
	defer cancel()
	if err := errors.Join(h.newsletters.Close(last), h.delivery.Close(), h.journal.Close(), h.db.Close()); err != nil {
		r.log.Warn("closing", "err", err)
	}
}

func theClock(c config.Config) (clock.Clock, error) {
	if c.ClockFile == "" {
		return clock.System{}, nil
	}
	f := clock.File{Path: c.ClockFile}
	if err := f.Check(); err != nil {
		return nil, fault.Invalid("config.bad", "Name", "clock_file", "Value", c.ClockFile, "Need", "RFC 3339").Because(err)
	}
	return f, nil
}

// theSealer returns the sealer with the secret of the settings or, without one, with a secret that is made at the first
// start and kept in the data folder, readable by its owner only.
func theSealer(c config.Config) (*seal.Sealer, error) {
	if c.Secret != "" {
		return seal.New([]byte(c.Secret)), nil
	}
	path := filepath.Join(c.Data, "secret")
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		if err = makeSecret(c.Data, path); err == nil {
			text, err = os.ReadFile(path)
		}
	}
	if err != nil {
		return nil, fault.Unavailable("app.data_folder", "Folder", c.Data).Because(err)
	}
	return seal.New([]byte(strings.TrimSpace(string(text)))), nil
}

// makeSecret creates the secret at path, unless another process was first: it appears complete, by a hard link, and the
// first link wins.
func makeSecret(folder, path string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	part, err := os.CreateTemp(folder, ".secret-*")
	if err != nil {
		return err
	}
	_, err = part.WriteString(rand.Text() + rand.Text() + "\n")
	if err = errors.Join(err, part.Sync(), part.Close()); err == nil {
		err = os.Link(part.Name(), path)
	}
	return errors.Join(ignore(err, os.ErrExist), os.Remove(part.Name()))
}

func ignore(err, expected error) error {
	if errors.Is(err, expected) {
		return nil
	}
	return err
}
