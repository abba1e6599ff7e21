package disclosure

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// published returns the table as everybody reads it.
func published(floor, slack int64, columns ...[]int64) string {
	text := ""
	for _, s := range table(floor, slack, columns...) {
		text += fmt.Sprint(s.Figures, s.Total, ";")
	}
	return text
}

func table(floor, slack int64, columns ...[]int64) []Shown {
	var list []Column
	for _, counts := range columns {
		c := Column{Counts: counts}
		for _, n := range counts {
			c.Total += n
		}
		list = append(list, c)
	}
	return protect(floor, slack, list...)
}

// every calls with once for each list of length numbers from 0 to most.
func every(length int, most int64, with func([]int64)) {
	list := make([]int64, length)
	var fill func(at int)
	fill = func(at int) {
		if at == length {
			with(list)
			return
		}
		for list[at] = 0; list[at] <= most; list[at]++ {
			fill(at + 1)
		}
	}
	fill(0)
}

// TestNobodyWorksOutWhatIsHidden plays an attacker who knows the rule and tries all possible tables. Among the tables
// that look the same when published, no hidden count is the same in all.
func TestNobodyWorksOutWhatIsHidden(t *testing.T) {
	const floor, most = 3, 8
	for _, form := range []struct{ rows, columns int }{{1, 1}, {2, 1}, {3, 1}, {4, 1}, {1, 2}, {2, 2}} {
		candidates := map[string][]map[int64]bool{} // published table → count → its possible values
		shown := map[string][]Shown{}
		tables := func(with func(slack int64, all []int64, columns [][]int64)) {
			every(form.rows*form.columns, most, func(all []int64) {
				columns := [][]int64{all[:form.rows]}
				if form.columns == 2 { // visits of people are a part of all visits
					columns = append(columns, all[form.rows:])
					for row := range form.rows {
						if columns[0][row] > columns[1][row] {
							return
						}
					}
				}
				for slack := int64(0); slack <= 2*(floor-1); slack++ { // the attacker does not know it
					with(slack, all, columns)
				}
			})
		}
		tables(func(slack int64, all []int64, columns [][]int64) {
			text := published(floor, slack, columns...)
			if candidates[text] == nil {
				candidates[text] = make([]map[int64]bool, len(all))
				for i := range all {
					candidates[text][i] = map[int64]bool{}
				}
				shown[text] = table(floor, slack, columns...)
			}
			for i, n := range all {
				candidates[text][i][n] = true
			}
		})
		for text, counts := range candidates {
			if slices.ContainsFunc(counts, func(may map[int64]bool) bool { return may[most] }) {
				continue // the search stops above most
			}
			for i, may := range counts {
				if f := shown[text][i/form.rows].Figures[i%form.rows]; !f.IsExact() && len(may) < 2 {
					t.Fatalf("%dx%d: %s reveals count %d: %v", form.rows, form.columns, text, i, may)
				}
			}
		}
	}
}

// TestSubtractionTellsNothingBelowTheFloor: in any table, the total minus the shown counts is consistent with every
// number below the floor for each count shown as Fewer.
func TestSubtractionTellsNothingBelowTheFloor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		floor := rapid.SampledFrom([]int64{Floor, SensitiveFloor}).Draw(t, "floor")
		counts := rapid.SliceOfN(rapid.Int64Range(0, 40), 1, 8).Draw(t, "counts")
		slack := rapid.Int64Range(0, 2*(floor-1)).Draw(t, "slack")
		s := table(floor, slack, counts)[0]
		total, told := s.Total.Number()
		var least, most int64 // bounds of the sum of the hidden counts at or above the floor
		var small int64
		rest := total
		for i, f := range s.Figures {
			n, shown := f.Number()
			switch {
			case shown && (n != counts[i] || n < floor):
				t.Fatalf("%v is shown as %v", counts, s)
			case shown:
				rest -= n
			case f == Fewer(floor):
				small++
			default:
				least, most = least+floor, 1<<40
			}
		}
		if !told || small == 0 {
			return
		}
		top := floor - 1
		if could0, could4 := rest >= least && rest <= (small-1)*top+most, rest-top >= least && rest-top <= (small-1)*top+most; !could0 || !could4 {
			t.Fatalf("%v is shown as %v: a hidden count cannot be every number below %d", counts, s, floor)
		}
	})
}

func TestTwoSmallTables(t *testing.T) {
	s := table(Floor, 8, []int64{7, 2})[0]
	if fmt.Sprint(s.Figures, s.Total) != "[7 <5] -" {
		t.Errorf("9 = 7 + 2 is shown as %v %v", s.Figures, s.Total)
	}
	s = table(Floor, 4, []int64{70, 2, 12, 0})[0]
	if fmt.Sprint(s.Figures, s.Total) != "[70 <5 - <5] 84" {
		t.Errorf("70, 2, 12 and 0 are shown as %v %v", s.Figures, s.Total)
	}
}
