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

// Protect decides which cells of a table are shown. Counts below the floor become Fewer. Where the total minus the
// shown counts would reveal them, the smallest shown count is hidden too (secondary suppression), or the total if no
// count is large enough. The required size is drawn from the town's secret and the table's name: with a fixed one, the
// fact that a cell is hidden would itself reveal something.
//
// The first column decides. The counts of the other columns include its counts (all visits, and those of people), so
// they are hidden in the same rows. They lose their total if any of their cells is hidden, so that no column can be
// computed from another.
func (n Noise) Protect(table string, floor int64, columns ...Column) []Shown {
	coin, _ := n.draw("slack", table, Cell{})
	return protect(floor, int64(coin*float64(2*floor-1)), columns...)
}

// protect is Protect with a given slack, from 0 to 2*(floor-1).
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

// protect decides for one column.
func (c Column) protect(floor, slack int64) Shown {
	s := Shown{Figures: make([]Figure, len(c.Counts)), Total: Exact(c.Total)}
	v := veil{floor: floor, slack: slack}
	var open []int // rows that may be shown, smallest count first
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
		if at >= len(open)-1 { // no count would be left to show: hide the total instead, and show these counts
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

// veil sums up the hidden counts of a column whose total is shown. Anybody can compute their sum.
type veil struct {
	floor, slack int64
	small        int64 // number of counts below the floor
	large        int64 // number of hidden counts at or above the floor
	above        int64 // sum of those
	sum          int64 // sum of all hidden counts
}

func (v *veil) add(n int64) { v.large, v.above, v.sum = v.large+1, v.above+n, v.sum+n }

// holds tells whether the total may be shown, which reveals v.sum. It is true if every count below the floor may still
// be any number below the floor, even for a reader who knows that no hidden count exceeds next, the smallest shown
// count. Where the conditions on the counts at or above the floor fail, more is hidden, or the total. They do not
// depend on the counts below the floor, so this reveals nothing about them.
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
