package ui

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/a-h/templ"
	"unoxuno/internal/locale"
)

// Column heads a column of a Table.
type Column struct {
	Label string
	// Number aligns the column's figures to the right; its cells need class "num" too.
	Number bool
	// HideLabel keeps the head for screen readers only; for columns of buttons.
	HideLabel bool
}

// Columns are plain ones with these labels.
func Columns(labels ...string) []Column {
	columns := make([]Column, len(labels))
	for i, l := range labels {
		columns[i] = Column{Label: l}
	}
	return columns
}

// CardSpec is what a Card shows; only Title is needed.
type CardSpec struct {
	// Title leads to URL, where there is one. Level is the heading's, 3 when 0.
	Title, URL string
	Level      int
	// Text is a sentence or two.
	Text string
	// Above stands over the title in small letters: a category.
	Above string
	// Below is the foot: who publishes it, how often.
	Below string
	// When is shown at the foot; zero for none.
	When time.Time
	// Chips are topics, each with its address or without.
	Chips []Link
}

// StatSpec is a number worth a tile.
type StatSpec struct {
	Label, Value string
	// Detail puts the number in proportion: "98,2 %".
	Detail string
	// URL leads to what the number counts; may be empty.
	URL  string
	Tone Tone
}

// Fact is a line of a definition list: Text, or Body where it needs markup.
type Fact struct {
	Label, Text string
	Body        templ.Component
}

// Pager says which page of a long list is shown; pages count from 1.
type Pager struct {
	Current, Last int
	// URL is the address of a page.
	URL func(page int) string
}

// numbers are the pages to show: the first, the last, and those around the current one; 0 stands for a gap.
func (p Pager) numbers() []int {
	var shown []int
	for n := 1; n <= p.Last; n++ {
		near := n >= p.Current-1 && n <= p.Current+1
		if n == 1 || n == p.Last || near {
			shown = append(shown, n)
		} else if shown[len(shown)-1] != 0 {
			shown = append(shown, 0)
		}
	}
	return shown
}

func localTime(ctx context.Context, t time.Time) time.Time {
	if zone := FrameOf(ctx).Zone; zone != nil {
		return t.In(zone)
	}
	return t.UTC()
}

// DateText is the day of t, in words, in the town's time zone and the reader's language.
func DateText(ctx context.Context, t time.Time) string {
	return locale.Date(locale.Lang(ctx), zeroOr(t, localTime(ctx, t)))
}

// DateTimeText is DateText with hour and minute.
func DateTimeText(ctx context.Context, t time.Time) string {
	return locale.DateTime(locale.Lang(ctx), zeroOr(t, localTime(ctx, t)))
}

// zeroOr keeps the zero time recognisable after a change of zone.
func zeroOr(t, local time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return local
}

// NumberText writes n as the reader expects it: 37.500.
func NumberText(ctx context.Context, n int64) string { return locale.Number(locale.Lang(ctx), n) }

// heading is h2 to h6.
func heading(level int) string {
	if !slices.Contains([]int{2, 3, 4, 5, 6}, level) {
		level = 3
	}
	return fmt.Sprintf("h%d", level)
}
