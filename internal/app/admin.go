package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"text/tabwriter"

	"unoxuno/internal/delivery"
	"unoxuno/internal/fault"
	"unoxuno/internal/storage"
)

type versionCmd struct{}

// Run prints the version that the build was stamped with.
func (versionCmd) Run(r *run) error {
	_, err := fmt.Fprintln(r.Out, "unoxuno", version())
	return err
}

// version is the commit that the program was built from, as Go stamps it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 && (v == "" || v == "(devel)") {
			v = s.Value[:12]
		}
	}
	return v + " " + info.GoVersion
}

type configCmd struct {
	JSON bool `help:"Print one JSON object."`
}

// Run prints every setting with its value and origin; secrets are hidden.
func (c configCmd) Run(r *run) error {
	if c.JSON {
		type row struct{ Value, Origin, Environment, Meaning string }
		all := map[string]row{}
		for _, s := range r.settings {
			all[s.Name] = row{s.Shown(), s.Origin, s.Env(), s.Help}
		}
		return r.json(all)
	}
	w := tabwriter.NewWriter(r.Out, 0, 4, 2, ' ', 0)
	for _, s := range r.settings {
		value := s.Shown()
		if value == "" {
			value = "-"
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", s.Env(), value, s.Origin, s.Help)
	}
	return w.Flush()
}

// json prints one JSON object and nothing else.
func (r *run) json(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(r.Out, string(b))
	return err
}

type migrateCmd struct{}

// Run brings the database up to date and says so.
func (migrateCmd) Run(r *run) error {
	db, err := storage.Open(r.ctx, r.config.DatabaseURL)
	if err != nil {
		return err
	}
	steps, err := db.Migrate(r.ctx, schemas()...)
	if err = errors.Join(err, db.Close()); err != nil {
		return err
	}
	r.tell("app.migrated", "Count", steps)
	return nil
}

type doctorCmd struct{}

// Run checks database, secret, town and relay, one line each, and fails if one of them is not in order.
func (doctorCmd) Run(r *run) error {
	well := true
	report := func(what string, err error) {
		verdict := r.say("app.doctor.well")
		if err != nil {
			well = false
			verdict = r.sentence(err)
		}
		_, _ = fmt.Fprintf(r.Out, "%-10s %s\n", what, verdict)
	}
	plan, err := r.plan()
	signatures, keys := delivery.Signatures(plan)
	if err = errors.Join(err, keys); err != nil {
		report("delivery", err)
		return exit(5)
	}
	h, err := r.openHouse()
	report("database", err)
	if err != nil {
		return exit(exitCode(err))
	}
	defer h.close(r)
	if err := r.exposed(plan); err != nil { // only a warning: the files work
		_, _ = fmt.Fprintf(r.Out, "%-10s %s\n", "files", r.sentence(err))
	}
	t := h.town.Town()
	if t.Domain == "localhost" {
		report("town", fault.Invalid("app.doctor.no_town"))
	} else {
		report("town", t.Check())
	}
	if r.config.SMTPURL == "" && len(plan.Relays) == 0 {
		report("relay", fault.Invalid("app.doctor.no_relay"))
	} else {
		relays := h.delivery.Relays()
		for i, err := range h.delivery.CheckRelays(r.ctx) {
			report(strings.TrimSpace("relay "+relays[i].Name), err)
		}
	}
	for _, s := range signatures {
		r.tell("app.doctor.dkim", "Name", s.Record, "Text", s.Text)
	}
	if r.config.SMSURL != "" {
		report("sms", h.delivery.CheckGateway(r.ctx))
		r.tell("app.doctor.sms_callbacks", "Receipts", r.config.PublicURL+delivery.SMSReceiptPath(h.delivery.SMSToken()),
			"Inbound", r.config.PublicURL+delivery.SMSInboundPath(h.delivery.SMSToken()))
	}
	staff, err := h.identity.AllStaff(r.ctx)
	if err == nil && len(staff) == 0 {
		err = fault.Invalid("app.doctor.no_staff")
	}
	report("staff", err)
	if !well {
		return exit(5)
	}
	return nil
}

type backupCmd struct {
	File string `arg:"" help:"The copy to be made; it must not exist yet." type:"path"`
}

// Run makes a consistent copy of the SQLite database while it is in use.
func (c backupCmd) Run(r *run) error {
	db, err := storage.Open(r.ctx, r.config.DatabaseURL)
	if err != nil {
		return err
	}
	if err := errors.Join(db.Backup(r.ctx, c.File), db.Close()); err != nil {
		return err
	}
	r.tell("app.backed_up", "File", c.File)
	return nil
}

// holdRestored holds what was due in the restored copy, and reports it.
func (r *run) holdRestored() error {
	r.restored = true
	h, err := r.openHouse()
	if err != nil {
		return err
	}
	defer h.close(r)
	noted, err := r.notedBeat()
	if err != nil {
		return err
	}
	missing, err := h.journal.Missing(r.ctx)
	if err != nil {
		return err
	}
	again, err := r.catchUp(h, noted, missing)
	if err != nil {
		return err
	}
	owed, err := r.owed(h)
	if err == nil {
		r.tell("app.taken_again", "Erased", again.erased, "Left", again.left, "Days", r.config.BackupDays)
		r.tellHeld(owed)
	}
	return err
}

type restoreCmd struct {
	File string `arg:"" help:"The copy to be put in place." type:"existingfile"`
}

// Run replaces the database by a copy and keeps the old one.
func (c restoreCmd) Run(r *run) error {
	kept, err := storage.Restore(r.ctx, r.config.DatabaseURL, c.File)
	if err != nil {
		return err
	}
	r.tell("app.restored", "File", c.File)
	if kept != "" {
		r.tell("app.restored_kept", "File", kept)
	}
	return r.holdRestored()
}
