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

// importChunk is how many rows one transaction takes: many enough that its costs are shared, few enough that others get
// their turn to write.
const importChunk = 3500

// How many rejects and warnings a result holds; the rejects file holds all rejects.
const (
	maxRejects  = 1000
	maxWarnings = 1000
)

// ImportOptions are what one import goes by.
type ImportOptions struct {
	Rejects       io.Writer // gets the rejected rows, to be mended and imported again; nil for none
	ConsentSource string    // for rows that name none
	ConsentDate   string    // for rows that name none; as ParseDay reads it
	DryRun        bool      // count everything, change nothing
	// Say finds the sentence of a fault, in the language that reasons are to be in; nil for English.
	Say      func(key string, args map[string]any) string
	Progress func(ImportProgress) // called after every chunk; may be nil
}

// ImportProgress is how far an import has come.
type ImportProgress struct {
	Bytes int64 // of the file
	Rows  int64
}

// ImportResult is what an import did. Each row is counted once: created a person, updated one (or one that an earlier
// row created), left one unchanged, or was rejected.
type ImportResult struct {
	Rows           int64    `json:"rows"`
	Created        int64    `json:"created"`
	Updated        int64    `json:"updated"`
	Unchanged      int64    `json:"unchanged"`
	Rejected       int64    `json:"rejected"`
	Rejects        []Reject `json:"rejects"`                    // the first 1,000, in the order of the file
	RejectsLeftOut bool     `json:"rejects_left_out,omitempty"` // there were more: they are in the rejects file

	Warned          int64          `json:"warned"`                      // how many warnings there are in all
	Warnings        []Warning      `json:"warnings"`                    // the first 1,000, in the order of the file
	WarningsLeftOut bool           `json:"warnings_left_out,omitempty"` // there were more
	WarningsByKind  []WarningCount `json:"warnings_by_kind"`            // all of them, in order of appearance
}

// Warning says what was taken and may be wrong.
type Warning struct {
	Line   int    `json:"line"`   // of the file, where the row begins; the header's for what concerns the whole file
	Column string `json:"column"` // "" for the whole row
	Reason string `json:"reason"`
}

// WarningCount is how many warnings there are of a kind, of which the first is the example.
type WarningCount struct {
	Kind  string  `json:"kind"`
	Count int64   `json:"count"`
	First Warning `json:"first"`
}

// Reject says why a row was not taken.
type Reject struct {
	Line   int    `json:"line"`   // of the file, where the row begins; from 1
	Column string `json:"column"` // the first one that must be mended; "" for the whole row
	Reason string `json:"reason"`
}

// Import reads a CSV file of people with their consents. Its columns, in any order, each at most once:
//
//	email, mobile                  one of them at least
//	given_name, family_name
//	birth_date                     2026-11-22, 22/11/2026 or a year, and what else is a day without doubt
//	place, who, wants              slugs, or names in either language
//	language                       ISO 639-1, also with a country, or the language's name
//	newsletters                    slugs or titles
//	consents                       newsletter, profile, reading; newsletter where it is empty. Or yes and no
//	channel                        email or sms; that of the first address where it is empty
//	consent_date, consent_source   needed, here or in the options
//
// Members of a list are separated by |. The columns may have the names that other programs give them: see otherNames.
// Others are passed over, with a warning. What an import may change is among the package's promises.
//
// Rows are taken in transactions of a few thousand, or, into an empty town at which no server works, in one. So after an
// accident all that the result counts is there, and reading the file again does no harm. A file that cannot be read at all,
// or a mistake in its header or in the options, is a fault; together with a fault in the middle of the file comes the
// result up to there.
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
	seen     *seen // asked by who reads the file
	options  ImportOptions
	result   ImportResult
	together int    // how many chunks may be in flight
	fresh    int64  // people created since the tables were last analysed
	settled  int64  // people created before that
	encoding string // of the file, as far as it was told
	chunk    int    // rows taken together
	part     int    // rows of a transaction beside a server
	ahead    *chunk // was read, and not taken
	end      error  // what ended the file; nil while there may be more
	filling  bool   // empty tables are filled: see fill
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

// brokenFault says what is wrong with the quotes of a row.
func brokenFault(broken *csvtext.RowError) error {
	if broken.LastLine > broken.Line {
		return fault.Invalid("people.import.quotes_over", "Line", broken.Line, "Last", broken.LastLine).Because(broken)
	}
	return fault.Invalid("people.import.quotes").Because(broken)
}

// analyse tells the planner how the tables have grown: at the end, and whenever they are four times what they were,
// because plans made for small tables are slow on large ones.
func (run *importRun) analyse(ctx context.Context, end bool) error {
	if run.options.DryRun || run.filling || run.fresh == 0 || !end && run.fresh < max(importChunk, 3*run.settled) {
		return nil
	}
	run.settled, run.fresh = run.settled+run.fresh, 0
	return run.people.db.Analyze(ctx, run.people.importedTables()...)
}

// importedTables are those that an import fills.
func (p *People) importedTables() []string {
	tables, _ := p.subscriptions.Tables()
	return append([]string{"people_person", "people_address", "people_who", "people_wants", "people_consent"}, tables...)
}

// rehearse does everything in a scratch database, which is thrown away.
func (run *importRun) rehearse(ctx context.Context) error {
	_, staging := run.people.subscriptions.Tables()
	copied, discard, err := run.people.db.Scratch(ctx, append(run.people.importedTables(), "people_change"), importTables+staging)
	if err != nil {
		return err
	}
	run.people = run.people.upon(copied)
	return errors.Join(run.whole(ctx), discard())
}
