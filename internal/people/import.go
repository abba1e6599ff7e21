package people

import (
	"context"
	"errors"
	"io"

	"unoxuno/internal/fault"
	"unoxuno/internal/locale"
	"unoxuno/internal/people/csvtext"
	"unoxuno/internal/people/db"
	"unoxuno/internal/storage"
)

// importChunk is the number of rows in one transaction: enough to share its costs, few enough to let others write in
// between.
const importChunk = 3500

// The numbers of rejects and warnings in a result. The rejects file has all rejects.
const (
	maxRejects  = 1000
	maxWarnings = 1000
)

// ImportOptions are the options of one import.
type ImportOptions struct {
	Rejects       io.Writer // receives the rejected rows, to be corrected and imported again; nil for none
	ConsentSource string    // for rows without a source
	ConsentDate   string    // for rows without a date; in a form that ParseDay reads
	DryRun        bool      // count everything, change nothing
	// Say returns the sentence for a fault, in the language of the reasons; nil for English.
	Say      func(key string, args map[string]any) string
	Progress func(ImportProgress) // called after every chunk; may be nil
}

// ImportProgress is how much of the file was imported.
type ImportProgress struct {
	Bytes int64 // read so far from the file
	Rows  int64
}

// ImportResult is what an import did. Each row is counted once: it created a person, updated one (or one that an
// earlier row created), changed nothing, or was rejected.
type ImportResult struct {
	Rows           int64    `json:"rows"`
	Created        int64    `json:"created"`
	Updated        int64    `json:"updated"`
	Unchanged      int64    `json:"unchanged"`
	Rejected       int64    `json:"rejected"`
	Rejects        []Reject `json:"rejects"`                    // the first 1,000, in file order
	RejectsLeftOut bool     `json:"rejects_left_out,omitempty"` // there are more; the rejects file has them

	Warned          int64          `json:"warned"`                      // total number of warnings
	Warnings        []Warning      `json:"warnings"`                    // the first 1,000, in file order
	WarningsLeftOut bool           `json:"warnings_left_out,omitempty"` // there are more
	WarningsByKind  []WarningCount `json:"warnings_by_kind"`            // all kinds, in order of first appearance
}

// Warning reports something that was imported but may be wrong.
type Warning struct {
	Line   int    `json:"line"`   // where the row begins; the header's line if it concerns the whole file
	Column string `json:"column"` // "" for the whole row
	Reason string `json:"reason"`
}

// WarningCount is the number of warnings of one kind. Its example is the first of them.
type WarningCount struct {
	Kind  string  `json:"kind"`
	Count int64   `json:"count"`
	First Warning `json:"first"`
}

// Reject says why a row was not imported.
type Reject struct {
	Line   int    `json:"line"`   // line of the file where the row begins, from 1
	Column string `json:"column"` // the first column to correct; "" for the whole row
	Reason string `json:"reason"`
}

// Import reads a CSV file of people with their consents. It may have these columns, in any order, each at most once:
//
//	email, mobile                  at least one of them
//	given_name, family_name
//	birth_date                     2026-11-22, 22/11/2026, a year, or another unambiguous form
//	place, who, wants              slugs, or names in either language
//	language                       ISO 639-1, with or without a country, or the language's name
//	newsletters                    slugs or titles
//	consents                       newsletter, profile, reading; empty means newsletter. Or yes and no
//	channel                        email or sms; empty means that of the first address
//	consent_date, consent_source   required, here or in the options
//
// List members are separated by |. The columns may have the names that other programs use; see otherNames. Unknown
// columns are ignored with a warning. The package comment says what an import may change.
//
// Import uses transactions of a few thousand rows. If the town is empty and no server runs, it uses one. After a
// failure everything that the result counts is in the database, and importing the file again is safe. If the file
// cannot be read at all, or its header or the options are wrong, the error is a fault. If the fault is in the middle of
// the file, the result up to there comes with it.
func (p *People) Import(ctx context.Context, file io.Reader, o ImportOptions) (ImportResult, error) {
	return p.importChunks(ctx, file, o, importChunk)
}

func (p *People) importChunks(ctx context.Context, file io.Reader, o ImportOptions, rows int) (ImportResult, error) {
	run, err := p.newImport(ctx, file, o)
	if err != nil {
		return emptyResult(), err
	}
	run.chunk = rows
	if o.DryRun {
		err = run.rehearse(ctx)
	} else {
		err = run.whole(ctx)
	}
	return run.result, errors.Join(err, run.rejects.flush())
}

func emptyResult() ImportResult {
	return ImportResult{Rejects: []Reject{}, Warnings: []Warning{}, WarningsByKind: []WarningCount{}}
}

// importRun is one import.
type importRun struct {
	people   *People
	file     *csvtext.Reader
	rows     *rowReader
	rejects  *rejectsFile
	seen     *seen // used by the goroutine that reads the file
	options  ImportOptions
	result   ImportResult
	together int    // how many chunks may be in flight
	fresh    int64  // people created since the last ANALYZE
	settled  int64  // people created before it
	encoding string // the file's, as last reported
	chunk    int    // rows per chunk
	part     int    // rows per transaction while a server runs
	ahead    *chunk // read but not yet imported
	end      error  // why the file ended; nil while there may be more
	filling  bool   // the tables were empty and have no indexes: see fill
	aside    []entry
}

func (p *People) newImport(ctx context.Context, file io.Reader, o ImportOptions) (*importRun, error) {
	v, err := p.Vocabulary(ctx)
	if err != nil {
		return nil, err
	}
	text, err := csvtext.NewReader(file, newColumnNames().known)
	if err != nil {
		return nil, err
	}
	rows, err := p.newRowReader(v, text.Header, o)
	if err != nil {
		return nil, err
	}
	together := 1
	if p.db.Engine() == storage.Postgres && !o.DryRun {
		together = flights
	}
	met, err := newSeen(ctx, db.New(p.db), together)
	if err != nil {
		return nil, err
	}
	if o.Say == nil {
		words, err := locale.Load(Words())
		if err != nil {
			return nil, err
		}
		o.Say = func(key string, args map[string]any) string { return words.SayWith("en", key, args) }
	}
	run := &importRun{
		people: p, part: smallestPart, file: text, rows: rows, seen: met, options: o, together: together,
		rejects: newRejectsFile(o.Rejects, text), result: emptyResult(),
	}
	if text.Above > 0 {
		run.warn(1, fault.Invalid("people.import.above", "Rows", text.Above))
	}
	for _, warning := range rows.layout.warnings {
		run.warn(text.HeaderLine, warning)
	}
	return run, nil
}

// brokenFault says what is wrong with the quotes in a row.
func brokenFault(broken *csvtext.RowError) error {
	if broken.LastLine > broken.Line {
		return fault.Invalid("people.import.quotes_over", "Line", broken.Line, "Last", broken.LastLine).Because(broken)
	}
	return fault.Invalid("people.import.quotes").Because(broken)
}

// analyse updates the planner's statistics at the end, and whenever the tables are four times as large as before: plans
// made for small tables are slow on large ones.
func (run *importRun) analyse(ctx context.Context, end bool) error {
	if run.options.DryRun || run.filling || run.fresh == 0 || !end && run.fresh < max(importChunk, 3*run.settled) {
		return nil
	}
	run.settled, run.fresh = run.settled+run.fresh, 0
	return run.people.db.Analyze(ctx, run.people.importedTables()...)
}

// importedTables returns the tables that an import fills.
func (p *People) importedTables() []string {
	tables, _ := p.subscriptions.Tables()
	return append([]string{"people_person", "people_address", "people_who", "people_wants", "people_consent"}, tables...)
}

// rehearse does the import in a scratch database, which is then thrown away.
func (run *importRun) rehearse(ctx context.Context) error {
	_, staging := run.people.subscriptions.Tables()
	copied, discard, err := run.people.db.Scratch(ctx, append(run.people.importedTables(), "people_change"), importTables+staging)
	if err != nil {
		return err
	}
	run.people = run.people.upon(copied)
	return errors.Join(run.whole(ctx), discard())
}
