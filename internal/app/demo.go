package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"unoxuno/internal/app/demo"
	"unoxuno/internal/clock"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/fault"
	"unoxuno/internal/storage"
)

type demoCmd struct {
	People int  `default:"37500" help:"How many people the town has." placeholder:"N"`
	Fresh  bool `help:"Throw the demonstration's data away and begin anew."`
}

// demoData is the default folder of the demonstration.
const demoData = "demo-data"

// mailboxKeeps is how many caught mails the demonstration shows.
const mailboxKeeps = 2000

// Run creates the invented town at the first start, and serves it with a mail server that catches every mail.
func (c demoCmd) Run(r *run) error {
	if r.origin("data") == "default" {
		r.config.Data = demoData
	}
	// The demonstration always has its own database and relay, whatever the environment says.
	r.config.DatabaseURL = "sqlite:" + filepath.Join(r.config.Data, "unoxuno.db")
	mailbox := demo.NewMailbox(mailboxKeeps)
	sink, err := deliverytest.Start(deliverytest.Options{Keep: -1, OnMail: mailbox.Caught, Rule: demo.Rule})
	if err != nil {
		return err
	}
	defer func() { _ = sink.Close() }()
	r.config.SMTPURL = sink.URL()
	r.gateway, r.config.SMSURL, r.config.SMSPrice, r.stays = func() sms.Gateway { return sms.Pretend(mailbox.Texted) }, "", demo.SMSPrice, true
	if c.Fresh {
		if err := removeDemo(r.config.Data); err != nil {
			return err
		}
	}
	if err := r.demoTown(c.People); err != nil {
		return err
	}
	h, err := r.openHouse()
	if err != nil {
		return err
	}
	defer h.close(r)
	r.mailbox = mailbox
	return r.serve(h, func(string) { r.demoWelcome() })
}

// origin returns where a setting's value came from.
func (r *run) origin(name string) string {
	for _, s := range r.settings {
		if s.Name == name {
			return s.Origin
		}
	}
	return ""
}

func (r *run) demoWelcome() {
	_, _ = fmt.Fprintln(r.Out)
	r.tell("app.demo.ready", "URL", r.config.PublicURL)
	r.tell("app.demo.office", "URL", r.config.PublicURL+"/office")
	for _, a := range demo.Staff() {
		_, _ = fmt.Fprintf(r.Out, "    %-36s %s\n", a.Email, r.say("identity.role."+a.Role))
	}
	r.tell("app.demo.password", "Password", demo.Password)
	r.tell("app.demo.mailbox", "URL", r.config.PublicURL+demo.MailboxPath)
	r.tell("app.demo.stop", "Folder", r.config.Data)
}

// demoTown creates the town in a folder beside and moves it into place when it is complete, so that an interrupted
// start leaves nothing incomplete.
func (r *run) demoTown(people int) error {
	switch is, err := demoIn(r.config.Data); {
	case err != nil:
		return err
	case is:
		r.tell("app.demo.again", "Folder", r.config.Data)
		return nil
	}
	making := *r
	making.config.Data = r.config.Data + ".part"
	making.config.DatabaseURL = "sqlite:" + filepath.Join(making.config.Data, "unoxuno.db")
	if err := removeDemo(making.config.Data); err != nil {
		return err
	}
	past := clock.At(clock.System{}.Now())
	db, err := storage.Open(r.ctx, making.config.DatabaseURL)
	if err != nil {
		return err
	}
	h, err := (*house)(nil), db.SetMark(r.ctx, storage.Demonstration)
	if err == nil {
		h, err = making.build(db, past)
	}
	if err != nil {
		return errors.Join(err, db.Close())
	}
	err = making.fillDemo(h, past, people)
	h.close(r)
	if err != nil {
		return err
	}
	return os.Rename(making.config.Data, r.config.Data)
}

// demoIn tells whether a folder contains a demonstration. A folder with anything else is refused; a missing or empty
// one contains none.
func demoIn(folder string) (bool, error) {
	files, err := os.ReadDir(folder)
	if errors.Is(err, os.ErrNotExist) || err == nil && len(files) == 0 {
		return false, nil
	}
	if err != nil {
		return false, fault.Unavailable("app.data_folder", "Folder", folder).Because(err)
	}
	is, err := storage.HasMark(filepath.Join(folder, "unoxuno.db"), storage.Demonstration)
	if err != nil {
		return false, fault.Unavailable("app.data_folder", "Folder", folder).Because(err)
	}
	if !is {
		return false, fault.Conflict("app.demo.not_demo", "Folder", folder)
	}
	return true, nil
}

// removeDemo deletes only files of the demonstration. Other files stay, and then so does the folder.
func removeDemo(folder string) error {
	is, err := demoIn(folder)
	if err != nil || !is {
		return err
	}
	files, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	const database = "unoxuno.db" // has the mark, so it is deleted last
	for _, f := range files {
		if name := f.Name(); name == journalFolder {
			if err := os.RemoveAll(filepath.Join(folder, name)); err != nil {
				return err
			}
		} else if name == "secret" || name == beatFile || strings.HasPrefix(name, database) && name != database {
			if err := os.Remove(filepath.Join(folder, name)); err != nil {
				return err
			}
		}
	}
	if err := os.Remove(filepath.Join(folder, database)); err != nil {
		return err
	}
	if err := os.Remove(folder); err != nil {
		return fault.Conflict("app.demo.other_files", "Folder", folder).Because(err)
	}
	return nil
}

// fillDemo uses the same commands as a real town: town apply, people import, staff add, issue send.
func (r *run) fillDemo(h *house, past *clock.Manual, people int) error {
	today := past.Now()
	steps := []struct {
		key string
		do  func(context.Context, demo.Step) error
	}{
		{"town", func(_ context.Context, _ demo.Step) error {
			_, err := h.applyTown(r, demo.Town(), "town.yaml", false)
			return err
		}},
		{"staff", func(ctx context.Context, _ demo.Step) error { return addStaff(ctx, h) }},
		{"people", func(ctx context.Context, s demo.Step) error { return r.importDemo(ctx, h, people, s) }},
		{"archive", func(ctx context.Context, s demo.Step) error { return h.archiveDemo(ctx, past, today, s) }},
		{"sending", func(ctx context.Context, s demo.Step) error { return h.sendDemo(ctx, past, today, s) }},
		{"draft", func(ctx context.Context, _ demo.Step) error { return h.draftDemo(ctx, past, today) }},
	}
	for i, step := range steps {
		what := fmt.Sprintf("[%d/%d] %s", i+1, len(steps), r.say("app.demo.step."+step.key))
		bar := r.progress(what, -1)
		err := step.do(r.ctx, func(done, total int64) {
			bar.of(total)
			bar.set(done)
		})
		bar.done()
		if err != nil {
			return fmt.Errorf("%s: %w", step.key, err)
		}
		_, _ = fmt.Fprintln(r.Out, what)
	}
	return nil
}
