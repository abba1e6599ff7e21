package people_test

import (
	"fmt"
	"io"
	"runtime"
	"testing"
	"time"

	"unoxuno/internal/people"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
)

type endless struct {
	from, to int
	rest     []byte
}

func (e *endless) Read(p []byte) (int, error) {
	if len(e.rest) == 0 {
		if e.from >= e.to {
			return 0, io.EOF
		}
		if e.from == 0 {
			e.rest = []byte(generatedHeader)
		}
		e.rest = append(e.rest, generatedRows(e.from, e.from+1000)...)
		e.from += 1000
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

func TestMillion(t *testing.T) {
	for _, engine := range []storage.Engine{storage.SQLite, storage.Postgres} {
		town := newTown(t, storagetest.Open(t, engine, schemas()...))
		town.PlugSubscriptions(silent{town.letters})
		start := time.Now()
		var peak uint64
		r, err := town.Import(t.Context(), &endless{to: 300000}, people.ImportOptions{Progress: func(p people.ImportProgress) {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.Sys)
			if p.Rows%60000 == 0 {
				fmt.Println(engine, p.Rows, time.Since(start), m.Sys>>20, m.HeapAlloc>>20)
			}
		}})
		fmt.Println(engine, numbers(r), err, time.Since(start), peak>>20)
	}
}
