package disclosure

import (
	"context"
	"encoding/json"
	"strconv"

	"unoxuno/internal/locale"
)

// The floors. A number of people below the floor is not shown.
const (
	Floor          = 5
	SensitiveFloor = 10
)

// kind says how much of a number is shown.
type kind uint8

const (
	exact   kind = iota
	about        // with noise, rounded
	fewer        // below the floor, or zero
	band         // between two numbers
	hidden       // nothing, because it would reveal another number
	unasked      // nothing yet, because nobody has asked for it
)

// Figure is a number about people as its reader may know it. The zero Figure is exactly 0.
type Figure struct {
	kind     kind
	value    int64 // exact and about: the number; band: its lower end; fewer: the floor
	from, to int64 // the ends of a band, to excluded; to is 0 if the band has no upper end
}

// Exact shows the number itself.
func Exact(n int64) Figure { return Figure{kind: exact, value: n} }

// Fewer says that the number is below a floor. It may be zero.
func Fewer(floor int64) Figure { return Figure{kind: fewer, value: floor} }

// Hidden shows nothing.
func Hidden() Figure { return Figure{kind: hidden} }

// Unasked stands for a number that is shown on request; see Room.Known.
func Unasked() Figure { return Figure{kind: unasked} }

// IsUnasked tells whether the number has not been asked for yet.
func (f Figure) IsUnasked() bool { return f.kind == unasked }

// AtLeast shows the number if it reaches the floor, and Fewer otherwise. It is for counts of what really happened
// (subscribers, visits, recipients), not for audiences that an editor made up.
func AtLeast(n, floor int64) Figure {
	if n < floor {
		return Fewer(floor)
	}
	return Exact(n)
}

// Plus returns the sum if all figures are exact, and Hidden otherwise.
func (f Figure) Plus(more ...Figure) Figure {
	for _, o := range more {
		if f.kind != exact || o.kind != exact {
			return Hidden()
		}
		f.value += o.value
	}
	return f
}

// Number returns the number that is shown, exact or approximate. ok is false if none is shown.
func (f Figure) Number() (n int64, ok bool) { return f.value, f.kind <= about }

// IsExact tells whether the exact number is shown.
func (f Figure) IsExact() bool { return f.kind == exact }

// None tells whether the reader knows that the number is zero.
func (f Figure) None() bool { return f.kind == exact && f.value == 0 }

// Few tells whether the reader knows that the number is below the floor. An exact number is compared with floor.
func (f Figure) Few(floor int64) bool {
	return f.kind == fewer || f.kind == exact && f.value < floor
}

// Bar returns the length of the figure in a chart. It is 0 if no number is shown.
func (f Figure) Bar() int64 {
	if f.kind <= about {
		return f.value
	}
	return 0
}

// Text returns the figure in the reader's language: "6.150", "circa 6.150", "meno di 5", "tra 100 e 200", "non
// mostrato".
func (f Figure) Text(ctx context.Context) string { return f.say(ctx, "disclosure.figure.") }

// People returns the figure as a number of people: "circa 6.150 persone", "meno di 5 persone".
func (f Figure) People(ctx context.Context) string { return f.say(ctx, "disclosure.people.") }

func (f Figure) say(ctx context.Context, words string) string {
	switch f.kind {
	case exact:
		return locale.T(ctx, words+"exact", "Count", f.value)
	case about:
		return locale.T(ctx, words+"about", "Number", f.value)
	case fewer:
		return locale.T(ctx, words+"fewer", "Number", f.value)
	case band:
		if f.to == 0 {
			return locale.T(ctx, words+"more", "From", f.from)
		}
		return locale.T(ctx, words+"band", "From", f.from, "To", f.to)
	}
	if f.kind == unasked {
		return locale.T(ctx, words+"unasked")
	}
	return locale.T(ctx, words+"hidden")
}

// String returns the figure for CSV, the audit log and terminals: 6150, ~6150, <5, 100-200, 1000+, or a dash.
func (f Figure) String() string {
	switch f.kind {
	case exact:
		return strconv.FormatInt(f.value, 10)
	case about:
		return "~" + strconv.FormatInt(f.value, 10)
	case fewer:
		return "<" + strconv.FormatInt(f.value, 10)
	case band:
		if f.to == 0 {
			return strconv.FormatInt(f.from, 10) + "+"
		}
		return strconv.FormatInt(f.from, 10) + "-" + strconv.FormatInt(f.to, 10)
	}
	return "-"
}

// MarshalJSON writes an exact figure as a number and any other as the text of String.
func (f Figure) MarshalJSON() ([]byte, error) {
	if f.kind == exact {
		return json.Marshal(f.value)
	}
	return json.Marshal(f.String())
}
