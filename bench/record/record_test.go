package record

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFigureGathersRuns(t *testing.T) {
	var row Row
	for _, v := range []float64{3, 1, 2} {
		row.Add("rate", "a second", v, AtLeast(2))
	}
	f := row.Figures[0]
	if len(row.Figures) != 1 || f.Median != 2 || f.Least != 1 || f.Greatest != 3 || !*f.Met {
		t.Errorf("%+v", f)
	}
	row.Add("rate", "a second", 1, AtLeast(2)) // 1, 1, 2, 3
	if f := row.Figures[0]; f.Median != 1.5 || *f.Met {
		t.Errorf("%+v", f)
	}
}

// TestJustSoHoldsInEveryRun: one lost in three runs is one too many.
func TestJustSoHoldsInEveryRun(t *testing.T) {
	var row Row
	for _, v := range []float64{0, 1, 0} {
		row.Add("lost", "", v, Exactly(0))
	}
	if *row.Figures[0].Met {
		t.Errorf("%+v", row.Figures[0])
	}
	if failed := (Result{Name: "faults", Rows: []Row{row}}).Failed(); len(failed) != 1 {
		t.Errorf("%q", failed)
	}
}

func TestCurvesSpanTheirPanel(t *testing.T) {
	r := Result{Title: "Growth <&>"}
	for _, row := range []struct {
		name   string
		values []float64
	}{{"A, 10 people", []float64{1, 2, 3}}, {"A, 1000 people", []float64{4}}, {"B, 10 people", []float64{2}}} {
		one := Row{Name: row.name}
		for _, v := range row.values {
			one.Add("rate", "a second", v, nil)
		}
		r.Rows = append(r.Rows, one)
	}
	drawn := Curves(r)
	if err := xml.Unmarshal([]byte(drawn), new(struct{})); err != nil {
		t.Fatalf("%v: %s", err, drawn)
	}
	// Of A: from half the height at the left to the top at the right, over runs of 1 to 3; of B: one point.
	for _, want := range []string{"M56.0 95.0L276.0 40.0", "M56.0 122.5V67.5", `d="M56.0 95.0" stroke="#a34700"`, ">rate, a second<", "Growth &lt;&amp;&gt;"} {
		if !strings.Contains(drawn, want) {
			t.Errorf("no %q in %s", want, drawn)
		}
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		v    float64
		unit string
		want string
	}{
		{1234567, "", "1,234,567"}, {999, "a second", "999"}, {12.345, "MB", "12.35"}, {0.0596, "s", "0.060"}, {0, "s", "0"},
		{-1234, "", "-1,234"}, {100_000.4, "a second", "100,000"}, {3, "×", "3"},
	} {
		if got := number(c.v, c.unit); got != c.want {
			t.Errorf("%v %s: %s, want %s", c.v, c.unit, got, c.want)
		}
	}
}

func TestTablesStandBetweenTheirMarks(t *testing.T) {
	folder := t.TempDir()
	document := filepath.Join(folder, "performance.md")
	if err := os.WriteFile(document, []byte("Before\n"+beginMark+"old"+endMark+"\nAfter\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var fast, slow Row
	fast.Name, slow.Name = "SQLite", "PostgreSQL"
	fast.Add("messages", "a second", 20_000, AtLeast(18_000))
	slow.Add("messages", "a second", 9008, AtLeast(18_000))
	saved := Result{Name: "sending", Title: "Sending", About: "An issue.", Rows: []Row{fast, slow}}
	if err := saved.Save(folder); err != nil {
		t.Fatal(err)
	}
	results, err := Load(folder, []string{"import", "sending"})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // a second time changes nothing
		if err := Fill(document, results); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Before\n" + beginMark, endMark + "\nAfter\n", "| | messages, a second (wanted ≥ 18,000) |", "| SQLite | 20,000 |", "| PostgreSQL | **9,008** |",
	} {
		if strings.Count(string(text), want) != 1 {
			t.Errorf("%q is not there once:\n%s", want, text)
		}
	}
	if strings.Contains(string(text), "old") {
		t.Error("the old tables are still there")
	}
	if err := os.WriteFile(document, []byte("no marks"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Fill(document, results); err == nil {
		t.Error("a document without marks is filled")
	}
}
