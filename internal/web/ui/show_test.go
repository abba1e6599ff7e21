package ui

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Whatever the length of the list, one can always go to the first, the last, the present page and its neighbours;
// the numbers grow, and a gap stands for at least one page.
func TestPagerNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		last := rapid.IntRange(2, 60).Draw(t, "last")
		current := rapid.IntRange(1, last).Draw(t, "current")
		shown := Pager{Current: current, Last: last}.numbers()
		for _, n := range []int{1, last, current, max(1, current-1), min(last, current+1)} {
			if !slices.Contains(shown, n) {
				t.Fatalf("%v: no %d", shown, n)
			}
		}
		before := 0
		for i, n := range shown {
			if n == 0 {
				if next := shown[i+1]; next-before < 2 {
					t.Fatalf("%v: a gap without a page in it", shown)
				}
				continue
			}
			if gap := i > 0 && shown[i-1] == 0; n <= before || !gap && n != before+1 {
				t.Fatalf("%v: out of order at %d", shown, n)
			}
			before = n
		}
		if len(shown) > 7 {
			t.Fatalf("%v: too many for a phone", shown)
		}
	})
}

// Every bar and point lies inside the drawing, a larger count never lower than a smaller one, and the scale has
// whole numbers.
func TestChartStaysInside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Int64Range(0, 1_000_000_000), 1, 40).Draw(t, "values")
		c := Chart{Labels: make([]string, len(values)), Series: []Series{{Values: values}, {}}}
		if top := c.ceiling(); top%4 != 0 || top < slices.Max(values) {
			t.Fatalf("scale up to %d", top)
		}
		for i := range values {
			x, y, width, height := c.bar(i, 0)
			if x < chartLeft-0.01 || x+width > chartWidth || y < chartTop-0.01 || height < -0.01 || y+height > chartHeight {
				t.Fatalf("bar %d at %.1f,%.1f, %.1f by %.1f", i, x, y, width, height)
			}
			if i > 0 && values[i] > values[i-1] && c.y(values[i]) > c.y(values[i-1]) {
				t.Fatal("more is drawn lower")
			}
		}
	})
}
