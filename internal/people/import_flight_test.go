package people_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"unoxuno/internal/people"
)

// Chunks may be imported in parallel, but rows about the same person are applied in order, even in different chunks or
// with another of her addresses.
func TestImportMergesAcrossChunks(t *testing.T) {
	const many = 9000
	var text strings.Builder
	text.WriteString("email,mobile,given_name,family_name,wants\n")
	for i := range many {
		fmt.Fprintf(&text, "p%d@example.org,+39333%07d,Anna,Rossi %d,teatro\n", i, i, i)
	}
	for i := range 3 {
		fmt.Fprintf(&text, "p%d@example.org,,Annamaria,,biblioteca\n,+39333%07d,,,acqua\n", i, i)
	}
	for i := many; i < 2*many; i++ {
		fmt.Fprintf(&text, "p%d@example.org,+39333%07d,Anna,Rossi %d,teatro\n", i, i, i)
	}
	eachEngine(t, func(t *testing.T, town town) {
		var told []int64
		o := options()
		o.Progress = func(p people.ImportProgress) { told = append(told, p.Rows) }
		if got := numbers(town.load(t, text.String(), o)); got != "rows 18006 created 18000 updated 6 unchanged 0 rejected 0" {
			t.Error(got)
		}
		for i := range 3 {
			p := town.holder(t, fmt.Sprintf("p%d@example.org", i))
			if got := fmt.Sprint(p.Name(), p.Wants); got != fmt.Sprintf("Anna Rossi %d[acqua biblioteca teatro]", i) {
				t.Errorf("person %d: %s", i, got)
			}
		}
		for i := range told[1:] {
			if told[i] >= told[i+1] {
				t.Errorf("progress %v does not grow", told)
			}
		}
	})
}

// between reads a first part, calls a function, and reads the rest.
type between struct {
	first, rest io.Reader
	do          func()
}

func (b *between) Read(p []byte) (int, error) {
	if b.do == nil {
		return b.rest.Read(p)
	}
	n, err := b.first.Read(p)
	if errors.Is(err, io.EOF) {
		b.do()
		b.do, err = nil, nil
	}
	return n, err
}

// The import into an empty town does not look up addresses that it has not seen. Somebody who registers meanwhile is
// found all the same.
func TestImportMeetsWhoRegistersMeanwhile(t *testing.T) {
	eachEngine(t, func(t *testing.T, town town) {
		leave := must[func() error](t)(town.db.Attend(t.Context()))
		defer func() { must[any](t)(nil, leave()) }()
		var id int64
		file := &between{
			first: strings.NewReader(generated(4000)), rest: strings.NewReader("late@example.org,,Anna,Verdi" + strings.Repeat(",", 10) + "\n"),
			do: func() {
				id = must[int64](t)(town.Register(staff(t), people.Details{}, []people.Contact{email("late@example.org")}, nil))
			},
		}
		r := must[people.ImportResult](t)(town.Import(t.Context(), file, options()))
		late := town.holder(t, "late@example.org")
		if r.Rows != 4001 || r.Created != 3960 || late.ID != id || late.Family != "Verdi" {
			t.Errorf("%s; %+v", numbers(r), late)
		}
	})
}

// What was imported before a read error, between chunks in flight, is kept and counted.
func TestImportKeepsWhatArrivedWhenTheFileTears(t *testing.T) {
	var text strings.Builder
	text.WriteString("email\n")
	for i := range 15_000 {
		fmt.Fprintf(&text, "p%d@example.org\n", i)
	}
	torn := errors.New("torn off")
	eachEngine(t, func(t *testing.T, town town) {
		r, err := town.Import(t.Context(), failing{strings.NewReader(text.String()), torn}, options())
		if !errors.Is(err, torn) || r.Created == 0 || r.Created != town.count(t, "people_person") {
			t.Errorf("%s %v; %d people", numbers(r), err, town.count(t, "people_person"))
		}
	})
}
