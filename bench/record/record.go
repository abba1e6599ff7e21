// Package record is what the measures of ./bench leave behind: one JSON file for each measure, and the tables of
// docs/performance.md, which are written from those files alone.
//
// Nouns: a Result is one measure with the machine, the versions and the command lines; it has Rows, one for each thing
// compared, and a row has Figures, each with the values of all runs and, where something is wanted, whether it is met.
package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"unoxuno/bench/rig"
)

// Result is one measure.
type Result struct {
	Name     string            `json:"name"`
	Title    string            `json:"title"`
	About    string            `json:"about"` // what was done, for the reader of the table
	Quick    bool              `json:"quick,omitempty"`
	Taken    time.Time         `json:"taken"`
	Seconds  float64           `json:"seconds"` // how long the measure took
	Machine  rig.Machine       `json:"machine"`
	Versions map[string]string `json:"versions"`
	Commands []string          `json:"commands"`
	Rows     []Row             `json:"rows"`
	Skipped  []string          `json:"skipped,omitempty"` // what could not be measured here, and why
}

// Row is one of the things compared.
type Row struct {
	Name    string   `json:"name"`
	Figures []Figure `json:"figures"`
	Notes   []string `json:"notes,omitempty"` // whatever else is to be known of it
}

// Figure is one number of a row, over all runs.
type Figure struct {
	Name     string    `json:"name"`
	Unit     string    `json:"unit,omitempty"`
	Runs     []float64 `json:"runs"`
	Median   float64   `json:"median"`
	Least    float64   `json:"least"`
	Greatest float64   `json:"greatest"`
	Wanted   *Wanted   `json:"wanted,omitempty"`
	Met      *bool     `json:"met,omitempty"`
}

// Wanted is what a figure should be: at least, at most, or just so.
type Wanted struct {
	Is    string  `json:"is"` // "≥", "≤" or "="
	Value float64 `json:"value"`
}

// AtLeast wants a figure to be no lower.
func AtLeast(v float64) *Wanted { return &Wanted{"≥", v} }

// AtMost wants a figure to be no higher.
func AtMost(v float64) *Wanted { return &Wanted{"≤", v} }

// Exactly wants a figure to be just so.
func Exactly(v float64) *Wanted { return &Wanted{"=", v} }

func (w *Wanted) met(f Figure) bool {
	switch w.Is {
	case "≥":
		return f.Median >= w.Value
	case "≤":
		return f.Median <= w.Value
	}
	return f.Least == w.Value && f.Greatest == w.Value // every run
}

// Add adds the value of one run to the figure with that name, which is made when the row has none.
func (r *Row) Add(name, unit string, value float64, wanted *Wanted) {
	at := slices.IndexFunc(r.Figures, func(f Figure) bool { return f.Name == name })
	if at < 0 {
		at = len(r.Figures)
		r.Figures = append(r.Figures, Figure{Name: name, Unit: unit})
	}
	f := &r.Figures[at]
	f.Runs = append(f.Runs, value)
	sorted := slices.Sorted(slices.Values(f.Runs))
	n := len(sorted)
	f.Least, f.Greatest, f.Median = sorted[0], sorted[n-1], (sorted[(n-1)/2]+sorted[n/2])/2
	if f.Wanted = wanted; wanted != nil {
		met := wanted.met(*f)
		f.Met = &met
	}
}

// Failed are the figures that are not as wanted.
func (r Result) Failed() (list []string) {
	for _, row := range r.Rows {
		for _, f := range row.Figures {
			if f.Met != nil && !*f.Met {
				list = append(list, fmt.Sprintf("%s: %s: %s is %s, wanted %s %s", r.Name, row.Name, f.Name,
					number(f.Median, f.Unit), f.Wanted.Is, number(f.Wanted.Value, f.Unit)))
			}
		}
	}
	return list
}

// Save writes the result into the folder, under its name.
func (r Result) Save(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, r.Name+".json"), append(text, '\n'), 0o644)
}

// Load reads the results of a folder in the order of names; a name without a file is left out.
func Load(folder string, names []string) (all []Result, err error) {
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(folder, name+".json"))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		var r Result
		if err := json.Unmarshal(text, &r); err != nil {
			return nil, fmt.Errorf("%s.json: %w", name, err)
		}
		all = append(all, r)
	}
	return all, nil
}
