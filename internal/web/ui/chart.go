package ui

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Chart is a picture of numbers with the same numbers in a table beside it.
type Chart struct {
	// ID is unique in the page.
	ID string
	// Title says what is shown; it captions both.
	Title string
	// Of heads the column of Labels: "Ora", "Esito".
	Of     string
	Labels []string
	// Series has one value for each label, counts all; four series at most keep their colours apart.
	Series []Series
}

// Series is a named row of counts.
type Series struct {
	Name   string
	Values []int64
	// Texts are what the table shows instead of Values, for numbers that are not shown as they are; nil means the
	// values.
	Texts []string
}

// text returns what the table shows for the i-th value.
func (s Series) text(ctx context.Context, i int) string {
	if i < len(s.Texts) {
		return s.Texts[i]
	}
	return NumberText(ctx, s.at(i))
}

// The drawing's measures, in the units of its viewBox; it scales to the width of its column.
const (
	chartWidth  = 640
	chartHeight = 260
	chartLeft   = 76
	chartBottom = 34
	chartTop    = 14
	chartRight  = 12
)

func (c Chart) plotWidth() float64  { return chartWidth - chartLeft - chartRight }
func (c Chart) plotHeight() float64 { return chartHeight - chartTop - chartBottom }

// ceiling is the highest line of the scale: 1, 2 or 5 times a power of ten, four steps of whole numbers below it.
func (c Chart) ceiling() int64 {
	highest := int64(4)
	for _, s := range c.Series {
		for _, v := range s.Values {
			highest = max(highest, v)
		}
	}
	for power := int64(1); ; power *= 10 {
		for _, step := range []int64{1, 2, 5} {
			if 4*step*power >= highest {
				return 4 * step * power
			}
		}
	}
}

func (c Chart) y(v int64) float64 {
	return chartTop + c.plotHeight()*(1-float64(v)/float64(c.ceiling()))
}

// drawn tells whether there is anything to draw. Numbers that are not shown have no bar: a chart of only such numbers
// would look like zero.
func (c Chart) drawn() bool {
	return slices.ContainsFunc(c.Series, func(s Series) bool {
		return slices.ContainsFunc(s.Values, func(v int64) bool { return v > 0 })
	})
}

// gridline is a horizontal line of the scale.
type gridline struct {
	y     float64
	value int64
}

func (c Chart) grid() []gridline {
	lines := make([]gridline, 5)
	for i := range lines {
		v := c.ceiling() * int64(i) / 4
		lines[i] = gridline{c.y(v), v}
	}
	return lines
}

// slot is the width that belongs to one label.
func (c Chart) slot() float64 { return c.plotWidth() / float64(max(len(c.Labels), 1)) }

func (c Chart) labelX(i int) float64 { return chartLeft + c.slot()*(float64(i)+0.5) }

// showLabel thins labels out so that they neither overlap nor stick out on the right, even in the larger letters of a phone: 12 units each.
func (c Chart) showLabel(i int) bool {
	longest := 4
	for _, l := range c.Labels {
		longest = max(longest, len([]rune(l)))
	}
	every := int(float64(longest)*12/c.slot()) + 1
	sticksOut := c.labelX(i)+float64(longest)*6 > chartWidth && i > 0
	return i%every == 0 && !sticksOut
}

// bar is a rectangle of the i-th label and s-th series.
func (c Chart) bar(i, s int) (x, y, width, height float64) {
	n := float64(max(len(c.Series), 1))
	gap := c.slot() * 0.2
	width = min((c.slot()-gap)/n, 48)
	x = c.labelX(i) - width*n/2 + width*float64(s)
	y = c.y(c.Series[s].at(i))
	return x, y, width, chartHeight - chartBottom - y
}

// path is the line of a series.
func (c Chart) path(s Series) string {
	var b strings.Builder
	for i := range c.Labels {
		fmt.Fprintf(&b, "%s%.1f %.1f", map[bool]string{true: "M", false: "L"}[i == 0], c.labelX(i), c.y(s.at(i)))
	}
	return b.String()
}

// at is the i-th value; a missing one is 0.
func (s Series) at(i int) int64 {
	if i < len(s.Values) {
		return s.Values[i]
	}
	return 0
}

func num(v float64) string { return fmt.Sprintf("%.1f", v) }

func seriesClass(i int) string { return fmt.Sprintf("series-%d", i%4+1) }
