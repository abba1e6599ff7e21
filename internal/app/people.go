package app

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"unoxuno/internal/fault"
	"unoxuno/internal/people"
)

type peopleCmd struct {
	Import importCmd `cmd:"" help:"Take people from a CSV file."`
	Export exportCmd `cmd:"" help:"Print all that is kept about a person, as JSON."`
	Erase  eraseCmd  `cmd:"" help:"Erase a person and all that is kept about her."`
}

type importCmd struct {
	File          string `arg:"" help:"CSV file, - for standard input."`
	Rejects       string `help:"Where rows that cannot be taken are written, to be mended and imported again." placeholder:"FILE"`
	ConsentSource string `help:"How consent was given, for rows that do not say." placeholder:"TEXT"`
	ConsentDate   string `help:"When consent was given, for rows that do not say." placeholder:"DATE"`
	DryRun        bool   `help:"Check the file and change nothing."`
	JSON          bool   `help:"Print one JSON object."`
}

// Run imports the file and reports each rejected row on stderr.
func (c importCmd) Run(r *run) (err error) {
	in, size, err := r.open(c.File)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	h, err := r.openHouse()
	if err != nil {
		return err
	}
	defer h.close(r)
	rejects, keep, err := newFile(c.Rejects)
	if err != nil {
		return err
	}
	bar := r.progress(r.say("app.importing"), size)
	result, err := h.people.Import(r.ctx, in, people.ImportOptions{
		Rejects: rejects, ConsentSource: c.ConsentSource, ConsentDate: c.ConsentDate, DryRun: c.DryRun,
		Say:      r.saysWith,
		Progress: func(p people.ImportProgress) { bar.set(p.Bytes) },
	})
	bar.done()
	if err == nil && !c.DryRun {
		err = h.newsletters.RefreshCounts(r.ctx)
	}
	if err = errors.Join(err, keep(result.Rejected > 0)); err != nil {
		return err
	}
	if c.JSON {
		return r.json(result)
	}
	return r.tellImport(result, c)
}

func (r *run) tellImport(result people.ImportResult, c importCmd) error {
	r.tell("app.imported", "Rows", result.Rows, "Created", result.Created, "Updated", result.Updated,
		"Unchanged", result.Unchanged, "Rejected", result.Rejected)
	const shown = 20
	for i, reject := range result.Rejects {
		if i == shown {
			r.tell("app.import_more", "Count", result.Rejected-shown)
			break
		}
		r.tell("app.import_reject", "Line", reject.Line, "Column", reject.Column, "Reason", reject.Reason)
	}
	if result.Rejected > 0 && c.Rejects != "" {
		r.tell("app.import_rejects_file", "File", c.Rejects)
	}
	r.tellWarnings(result)
	return nil
}

// tellWarnings reports the first warning of each kind and how many there are. --json has them all.
func (r *run) tellWarnings(result people.ImportResult) {
	if result.Warned > 0 {
		r.tell("app.import_warned", "Count", result.Warned)
	}
	for _, kind := range result.WarningsByKind {
		r.tell("app.import_warning", "Line", kind.First.Line, "Column", kind.First.Column, "Reason", kind.First.Reason)
		if kind.Count > 1 {
			r.tell("app.import_warning_more", "Count", kind.Count-1)
		}
	}
}

// open opens a file, or standard input for "-", and returns its size, -1 if unknown.
func (r *run) open(path string) (io.ReadCloser, int64, error) {
	if path == "-" {
		return io.NopCloser(r.In), -1, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, fault.NotFound("app.file", "File", path).Because(err)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, info.Size(), nil
}

// newFile creates a file that appears under its name only after keep(true); for "" it does nothing.
func newFile(path string) (w io.Writer, keep func(bool) error, err error) {
	if path == "" {
		return nil, func(bool) error { return nil }, nil
	}
	f, err := os.OpenFile(path+".part", os.O_RDWR|os.O_CREATE|os.O_TRUNC, ownFile)
	if err != nil {
		return nil, nil, fault.Unavailable("app.file_write", "File", path).Because(err)
	}
	buffered := bufio.NewWriter(f)
	return buffered, func(wanted bool) error {
		err := errors.Join(buffered.Flush(), f.Close())
		if err != nil || !wanted {
			return errors.Join(err, os.Remove(f.Name()))
		}
		return os.Rename(f.Name(), path)
	}, nil
}

type exportCmd struct {
	Email string `arg:"" help:"One of the person's addresses."`
}

// Run prints all data that the rooms keep about the person.
func (c exportCmd) Run(r *run) error {
	h, err := r.openHouse()
	if err != nil {
		return err
	}
	defer h.close(r)
	person, err := h.personAt(r.ctx, c.Email)
	if err != nil {
		return err
	}
	all, err := h.people.Export(r.ctx, person)
	if err != nil {
		return err
	}
	if err := h.identity.Note(r.ctx, "audit.person.exported", fmt.Sprint("person ", person), ""); err != nil {
		return err
	}
	enc := json.NewEncoder(r.Out)
	enc.SetIndent("", "  ")
	return enc.Encode(all)
}

type eraseCmd struct {
	Email string `arg:"" help:"One of the person's addresses."`
}

// Run erases the person from every room.
func (c eraseCmd) Run(r *run) error {
	h, err := r.openHouse()
	if err != nil {
		return err
	}
	defer h.close(r)
	person, err := h.personAt(r.ctx, c.Email)
	if err != nil {
		return err
	}
	if err := h.people.Erase(r.ctx, person); err != nil {
		return err
	}
	r.tell("app.erased")
	if !h.scrubNow(r.ctx) {
		r.tell("app.erased_traces")
	}
	return nil
}

// personAt returns the person who has that e-mail address.
func (h *house) personAt(ctx context.Context, email string) (int64, error) {
	person, ok, err := h.people.ByAddress(ctx, people.Email, email)
	if err == nil && !ok {
		err = fault.NotFound("app.nobody", "Email", email)
	}
	return person, err
}

type audienceCmd struct {
	Count countCmd `cmd:"" help:"How many people an audience has, and how many can be reached by which channel."`
}

type countCmd struct {
	Expression string `arg:"" help:"An audience, such as: \"genitore\" in who and age >= 18"`
	JSON       bool   `help:"Print one JSON object."`
}

// Run counts the audience.
func (c countCmd) Run(r *run) error {
	h, err := r.openHouse()
	if err != nil {
		return err
	}
	defer h.close(r)
	audience, err := h.people.ParseAudience(r.ctx, c.Expression)
	if err != nil {
		return err
	}
	count, err := h.people.Count(r.ctx, audience)
	if err != nil {
		return err
	}
	if err := h.identity.Note(r.ctx, "audit.audience.counted", "", fmt.Sprint(audience, " · ", count.People)); err != nil {
		return err
	}
	if c.JSON {
		return r.json(count)
	}
	r.tell("app.counted", "People", count.People, "Reachable", count.Reachable[string(people.Email)])
	return nil
}
