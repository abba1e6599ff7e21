package people_test

import (
	"context"
	"testing"

	"unoxuno/internal/people"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
)

// silent begins no subscription, so that only this package is measured.
type silent struct{ *letters }

func (silent) Subscribe(context.Context, *storage.Tx, []people.Asked) ([]int64, error) {
	return nil, nil
}

func BenchmarkCount(b *testing.B) {
	text := generated(100_000)
	for _, engine := range []storage.Engine{storage.SQLite, storage.Postgres} {
		b.Run(engine.String(), func(b *testing.B) {
			town := newTown(b, storagetest.Open(b, engine, schemas()...))
			town.PlugSubscriptions(silent{town.letters})
			town.load(b, text, people.ImportOptions{})
			audience := must[people.Audience](b)(town.ParseAudience(b.Context(),
				`("genitore" in who or "turista" in who) and "teatro" in wants and not (place == "fuori-comune") and age >= 18`))
			b.ResetTimer()
			for b.Loop() {
				must[people.Count](b)(town.Count(b.Context(), audience))
			}
		})
	}
}
