package disclosure

import (
	"cmp"
	"math"
	"slices"
)

// Column is a column of counts whose sum is published with it.
type Column struct {
	Counts []int64
	Total  int64
}

// Shown is a column as its reader may know it.
type Shown struct {
	Figures []Figure
	Total   Figure
}

// Protect shows the columns of a table. Counts below the floor are Fewer. Where the total less what is shown would tell
// them, a second count is hidden, the smallest, or the total where there is none that is large enough. How large is enough
// is drawn from the town's secret by the table's name: else what is hidden would tell that it is. The first column
// decides; the counts of the others hold those of the first (all visits, and those of people), are hidden in the same
// rows, and lose their totals where anything is hidden, so that no column is read off another.
func (n Noise) Protect(table string, floor int64, columns ...Column) []Shown {
	coin, _ := n.draw("slack", table, Cell{})
	return protect(floor, int64(coin*float64(2*floor-1)), columns...)
}

// protect hides with a slack from 0 to 2*(floor-1).
func protect(floor, slack int64, columns ...Column) []Shown {
	shown := make([]Shown, len(columns))
	for at, c := range columns {
		if at == 0 {
			shown[at] = c.protect(floor, slack)
		} else {
			shown[at] = c.follow(floor, shown[0].Figures)
		}
	}
	return shown
}

// follow hides the rows that the first column hides.
func (c Column) follow(floor int64, first []Figure) Shown {
	s := Shown{Figures: make([]Figure, len(c.Counts)), Total: AtLeast(c.Total, floor)}
	for row, n := range c.Counts {
		s.Figures[row] = AtLeast(n, floor)
		if s.Figures[row].IsExact() && !first[row].IsExact() {
			s.Figures[row] = Hidden()
		}
		if !s.Figures[row].IsExact() && s.Total.IsExact() {
			s.Total = Hidden()
		}
	}
	return s
}

// protect shows one column.
func (c Column) protect(floor, slack int64) Shown {
	s := Shown{Figures: make([]Figure, len(c.Counts)), Total: Exact(c.Total)}
	v := veil{floor: floor, slack: slack}
	var open []int // rows that may be shown, the smallest count first
	for row, n := range c.Counts {
		s.Figures[row] = AtLeast(n, floor)
		if n < floor {
			v.small, v.sum = v.small+1, v.sum+n
		} else {
			open = append(open, row)
		}
	}
	slices.SortStableFunc(open, func(a, b int) int { return cmp.Compare(c.Counts[a], c.Counts[b]) })
	if c.Total < floor {
		s.Total = Fewer(floor)
		return s
	}
	for at := 0; ; at++ {
		next := int64(math.MaxInt64)
		if at < len(open) {
			next = c.Counts[open[at]]
		}
		if v.holds(next) {
			return s
		}
		if at >= len(open)-1 { // no count would be left: the total is hidden, and the counts that were hidden for it are not
			for _, row := range open {
				s.Figures[row] = Exact(c.Counts[row])
			}
			s.Total = Hidden()
			return s
		}
		s.Figures[open[at]] = Hidden()
		v.add(next)
	}
}

// veil is what is hidden of a column whose total is shown. Anybody can work out the sum of it.
type veil struct {
	floor, slack int64
	small        int64 // so many counts are below the floor
	large        int64 // so many hidden counts are not,
	above        int64 // and make so much together
	sum          int64 // of all that is hidden
}

func (v *veil) add(n int64) { v.large, v.above, v.sum = v.large+1, v.above+n, v.sum+n }

// holds tells whether what is hidden may be shown with its sum. The sum then fits every number below the floor in each
// count that is below it, also for who knows that no hidden count is above next, the smallest that is shown. The condition
// upon the hidden counts above the floor says nothing of those below it: where it fails more is hidden, or the total, and
// that tells nothing of them either.
func (v *veil) holds(next int64) bool {
	switch {
	case v.small == 0:
		return true
	case v.large == 0:
		return false
	case next < math.MaxInt64:
		if most := v.large * (next - 1); v.sum > most || v.above+v.slack*(v.small+1)/2 > most {
			return false
		}
	}
	return v.above >= v.large*v.floor+v.slack && v.sum >= v.large*v.floor+v.floor-1
}
