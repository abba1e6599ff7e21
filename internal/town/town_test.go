package town_test

import (
	"testing"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/fault"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
	"unoxuno/internal/town"
)

func borgo(d town.Digests) town.Town {
	return town.Town{Name: "Borgo", Domain: "borgo.example", Languages: []string{"it"}, TimeZone: "Europe/Rome", Region: "IT", Digests: d}
}

func TestDigestsAreKeptAndWhatIsLeftOutHasADefault(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		room := town.New(db, clock.At(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)))
		for _, c := range []struct {
			said, want town.Digests
			changed    bool
		}{
			{town.Digests{}, town.Digests{Daily: "07:00", Weekly: "friday 07:00"}, true},
			{town.Digests{Daily: "18:30", Weekly: " Monday  6:15 ", MostAWeek: 5}, town.Digests{Daily: "18:30", Weekly: "monday 6:15", MostAWeek: 5}, true},
			{town.Digests{Daily: "18:30", Weekly: "monday 6:15", MostAWeek: 5}, town.Digests{Daily: "18:30", Weekly: "monday 6:15", MostAWeek: 5}, false},
		} {
			var changed []string
			if err := db.Tx(t.Context(), func(tx *storage.Tx) (err error) {
				changed, err = room.Apply(t.Context(), tx, borgo(c.said))
				return err
			}); err != nil {
				t.Fatal(err)
			}
			if err := room.Refresh(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := room.Town().Digests; got != c.want || c.changed != (len(changed) > 0) {
				t.Errorf("kept %+v after %v, want %+v", got, changed, c.want)
			}
		}
		day, at := room.Town().Digests.WeeklyAt()
		if day != time.Monday || at != (town.At{Hour: 6, Minute: 15}) {
			t.Errorf("weekly is %s %+v", day, at)
		}
	}, storage.Schema{Room: "town", Files: town.Schema()})
}

func TestDigestsThatMakeNoSenseAreRefused(t *testing.T) {
	for _, c := range []struct {
		said town.Digests
		key  string
	}{
		{town.Digests{Daily: "7"}, "town.digest_daily"}, {town.Digests{Daily: "25:00"}, "town.digest_daily"},
		{town.Digests{Weekly: "venerdì 07:00"}, "town.digest_weekly"}, {town.Digests{Weekly: "friday"}, "town.digest_weekly"},
		{town.Digests{MostAWeek: -1}, "town.most_a_week"}, {town.Digests{MostAWeek: 1001}, "town.most_a_week"},
	} {
		if err := borgo(c.said).Check(); !fault.HasKey(err, c.key) {
			t.Errorf("%+v gave %v, want %s", c.said, err, c.key)
		}
	}
}
