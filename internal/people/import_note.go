package people

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"strings"

	"unoxuno/internal/fault"
	"unoxuno/internal/people/csvtext"
)

// rejected is a row that was rejected.
type rejected struct {
	line  int
	cells []string
	err   error
}

// outcome is the result of importing a chunk.
type outcome struct {
	entries                     int // number of merged rows
	created, updated, unchanged int64
	rejects                     []rejected
	warnings                    []remark // besides those of the entries
}

// remark is a warning about a row.
type remark struct {
	line    int
	warning *fault.Error
}

// note adds a committed chunk to the result.
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
		if insertByLine(&run.result.Rejects, reject, maxRejects) {
			run.result.RejectsLeftOut = true
		}
		if err := run.rejects.write(reject, r.cells, c.encoding); err != nil {
			return err
		}
	}
	run.noteWarnings(done, c)
	return nil
}

// noteWarnings adds the warnings of the imported rows.
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
	if insertByLine(&run.result.Warnings, w, maxWarnings) {
		run.result.WarningsLeftOut = true
	}
	count := WarningCount{strings.TrimPrefix(warning.Key, "people."), 1, w}
	kinds := &run.result.WarningsByKind
	if at := slices.IndexFunc(*kinds, func(k WarningCount) bool { return k.Kind == count.Kind }); at >= 0 {
		was := &(*kinds)[at]
		if was.Count++; was.First.Line <= w.Line {
			return
		}
		count.Count = was.Count
		*kinds = slices.Delete(*kinds, at, at+1)
	}
	insertByLine(kinds, count, math.MaxInt)
}

// ofLine is something about a line of the file.
type ofLine interface{ line() int }

func (r Reject) line() int       { return r.Line }
func (w Warning) line() int      { return w.Line }
func (k WarningCount) line() int { return k.First.Line }

// insertByLine inserts x into a list sorted by line and keeps the first most elements. It tells whether one was left
// out. Rows that were set aside are reported late, so x is not always the last.
func insertByLine[T ofLine](list *[]T, x T, most int) (leftOut bool) {
	at := len(*list)
	for at > 0 && (*list)[at-1].line() > x.line() {
		at--
	}
	*list = slices.Insert(*list, at, x)
	if len(*list) > most {
		*list = (*list)[:most]
		return true
	}
	return false
}

// explain writes a rejected row's faults as a sentence. The column is that of the first fault; the others name theirs.
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
