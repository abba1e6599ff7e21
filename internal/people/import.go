package people

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"sort"
	"strings"

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
	Rejects        []Reject `json:"rejects"`                    // the first 1,000
	RejectsLeftOut bool     `json:"rejects_left_out,omitempty"` // there were more: they are in the rejects file

	Warned          int64          `json:"warned"`                      // how many warnings there are in all
	Warnings        []Warning      `json:"warnings"`                    // the first 1,000
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
// Others are passed over, with a warning. What an import may change is among the package's promises. Rows are taken in
// transactions of a few thousand, so what was read before an accident stays, and reading the file again does no harm. A file that cannot be read at all, or a mistake in its header or in the
// options, is a fault; together with a fault in the middle of the file comes the result up to there.
func (p *People) Import(ctx context.Context, file io.Reader, o ImportOptions) (ImportResult, error) {
	run, err := p.newImport(ctx, file, o)
	if err != nil {
		return emptyResult(), err
	}
	if o.DryRun {
		err = run.rehearse(ctx)
	} else {
		err = run.chunks(ctx, run.store)
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
	part     int    // rows of a transaction beside a server
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
	met, err := newSeen(ctx, db.New(p.db), o.DryRun, together)
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

// rejected is a row that was not taken.
type rejected struct {
	line  int
	cells []string
	err   error
}

// outcome is what became of a chunk.
type outcome struct {
	entries                     int // how many were merged
	created, updated, unchanged int64
	rejects                     []rejected
	warnings                    []remark // beside those of the entries
}

// remark is a warning about a row.
type remark struct {
	line    int
	warning *fault.Error
}

// note adds a chunk that was committed to the result.
func (run *importRun) note(done outcome, c chunk) error {
	run.result.Rows += int64(len(c.entries) + len(c.bad))
	run.result.Created += done.created
	run.result.Updated += done.updated
	run.result.Unchanged += done.unchanged
	run.fresh += done.created
	bad := slices.Concat(c.bad, done.rejects)
	run.result.Rejected += int64(len(bad))
	sort.Slice(bad, func(i, j int) bool { return bad[i].line < bad[j].line })
	for _, r := range bad {
		reject := run.explain(r)
		if len(run.result.Rejects) < maxRejects {
			run.result.Rejects = append(run.result.Rejects, reject)
		} else {
			run.result.RejectsLeftOut = true
		}
		if err := run.rejects.write(reject, r.cells, c.encoding); err != nil {
			return err
		}
	}
	run.noteWarnings(done, c)
	return nil
}

// noteWarnings adds the warnings of the rows that were taken.
func (run *importRun) noteWarnings(done outcome, c chunk) {
	if c.encoding != run.encoding && c.encoding != csvtext.UTF8 {
		run.warn(run.file.HeaderLine, fault.Invalid("people.import.encoding", "Encoding", c.encoding))
	}
	run.encoding = c.encoding
	remarks := done.warnings
	refused := map[int]bool{}
	for _, r := range done.rejects {
		refused[r.line] = true
	}
	for _, e := range c.entries {
		for _, warning := range e.warnings {
			if !refused[e.line] {
				remarks = append(remarks, remark{e.line, warning})
			}
		}
	}
	slices.SortStableFunc(remarks, func(a, b remark) int { return cmp.Compare(a.line, b.line) })
	for _, r := range remarks {
		run.warn(r.line, r.warning)
	}
}

// warn adds a warning to the result.
func (run *importRun) warn(line int, warning *fault.Error) {
	w := Warning{Line: line, Column: warning.Field, Reason: run.options.Say(warning.Key, warning.Args)}
	run.result.Warned++
	if len(run.result.Warnings) < maxWarnings {
		run.result.Warnings = append(run.result.Warnings, w)
	} else {
		run.result.WarningsLeftOut = true
	}
	kind := strings.TrimPrefix(warning.Key, "people.")
	of := func(k WarningCount) bool { return k.Kind == kind }
	if at := slices.IndexFunc(run.result.WarningsByKind, of); at >= 0 {
		run.result.WarningsByKind[at].Count++
		return
	}
	run.result.WarningsByKind = append(run.result.WarningsByKind, WarningCount{kind, 1, w})
}

// explain puts a rejected row's faults in words: the column is the first fault's, the others name theirs.
func (run *importRun) explain(r rejected) Reject {
	faults := fault.List(r.err)
	reject := Reject{Line: r.line, Column: faults[0].Field}
	reasons := make([]string, len(faults))
	for i, f := range faults {
		reasons[i] = run.options.Say(f.Key, f.Args)
		if f.Field != reject.Column {
			reasons[i] = f.Field + ": " + reasons[i]
		}
	}
	reject.Reason = strings.Join(reasons, " ")
	return reject
}

// analyse tells the planner how the tables have grown: at the end, and whenever they are four times what they were,
// because plans made for small tables are slow on large ones.
func (run *importRun) analyse(ctx context.Context, end bool) error {
	if run.options.DryRun || run.fresh == 0 || !end && run.fresh < max(importChunk, 3*run.settled) {
		return nil
	}
	run.settled, run.fresh = run.settled+run.fresh, 0
	return errors.Join(run.people.db.Analyze(ctx, importedTables()...), run.people.subscriptions.Grown(ctx))
}

func importedTables() []string {
	return []string{"people_person", "people_address", "people_who", "people_wants", "people_consent"}
}

// errRehearsed undoes what a dry run did.
var errRehearsed = errors.New("dry run")

// rehearse does everything and leaves nothing of it: on SQLite, which has one writer, in a copy that is thrown away; on
// PostgreSQL in one transaction that is rolled back.
func (run *importRun) rehearse(ctx context.Context) error {
	if run.people.db.Engine() == storage.SQLite {
		copied, discard, err := run.people.db.Scratch(ctx)
		if err != nil {
			return err
		}
		run.people = run.people.upon(copied)
		return errors.Join(run.chunks(ctx, run.store), discard())
	}
	begun := false
	err := run.people.db.Tx(ctx, func(tx *storage.Tx) error {
		if begun {
			return errors.New("the dry run was interrupted by another transaction: try again")
		}
		begun = true
		err := run.chunks(ctx, func(ctx context.Context, entries []entry) (outcome, error) { return run.take(ctx, tx, entries) })
		if err != nil {
			return err
		}
		return errRehearsed
	})
	if errors.Is(err, errRehearsed) {
		return nil
	}
	return err
}
