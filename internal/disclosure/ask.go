package disclosure

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/disclosure/db"
	"unoxuno/internal/storage"
)

// The daily budget of an account.
const (
	FiguresADay = 60  // with noise
	bandsADay   = 500 // without figures left: bands only
)

// An alarm is raised when AlikeAlarm figures of a day are about audiences that hardly differ from another audience of
// that day: by fewer than nearby people.
const (
	AlikeAlarm = 20
	nearby     = 50
)

// Question is a set of counts about people that an editor asks for. Because she may choose the audience freely, the
// answers carry noise and spend her budget.
type Question struct {
	Subject string // what the question is for, in the audit log: "newsletter teatro"
	Text    string // the audience as it was typed, for the audit log
	Floor   int64
	Free    bool // the audience is a single public term: the answer spends nothing
	Counts  []Count
}

// Count is one number that a question asks for.
type Count struct {
	Name string // the canonical text of the count: the same for every way of asking for it
	Form string // seeds the noise: the text without its negligible parts; "" means Name
	Cell Cell
}

func (c Count) form() string {
	if c.Form == "" {
		return c.Name
	}
	return c.Form
}

// Ask answers the question for the context's actor, spends the actor's budget of the day and writes the audit log. A
// count that was asked for earlier that day shows the same figure again and spends nothing.
func (r *Room) Ask(ctx context.Context, q Question) ([]Figure, error) {
	actor := access.From(ctx)
	if q.Free && !SeesExact(ctx) {
		shown := make([]Figure, len(q.Counts))
		for i, c := range q.Counts {
			shown[i] = r.About(c.form(), c.Cell, q.Floor)
		}
		return shown, nil
	}
	var shown []Figure
	err := r.db.Tx(ctx, func(tx *storage.Tx) error {
		d, err := r.take(ctx, tx, actor)
		if err != nil {
			return err
		}
		shown = shown[:0]
		for _, c := range q.Counts {
			f, err := d.show(ctx, q, c)
			if err != nil {
				return err
			}
			shown = append(shown, f)
		}
		return d.put(ctx, q)
	})
	return shown, err
}

// Known shows the counts that the context's actor has already asked for today, and the free ones. The others are
// Unasked. It writes nothing and spends nothing, so pages that are only viewed or prefetched use it.
func (r *Room) Known(ctx context.Context, q Question) ([]Figure, error) {
	d := &day{room: r, account: access.From(ctx).ID, day: dayOf(r.clock.Now()), exact: SeesExact(ctx)}
	asked := map[string]db.AskedRow{}
	rows, err := db.New(r.db).Asked(ctx, db.AskedParams{AccountID: d.account, Day: d.day})
	for _, row := range rows {
		asked[row.Digest] = row
	}
	shown := make([]Figure, len(q.Counts))
	for i, c := range q.Counts {
		row, known := asked[r.digest(c)]
		shown[i] = Unasked()
		if known || q.Free && !d.exact {
			shown[i] = d.figure(q, c, row.Banded)
		}
	}
	return shown, err
}

// digest identifies a count among those that an account has asked for.
func (r *Room) digest(c Count) string {
	return base64.RawURLEncoding.EncodeToString(r.sealer.Digest("disclosure asked", c.Name))
}

// day is the budget of an account for a day, locked by this transaction.
type day struct {
	room    *Room
	tx      *storage.Tx
	account int64
	day     int64
	exact   bool
	row     db.TakeDayRow
	asked   map[string]db.AskedRow
	changed bool
}

func (r *Room) take(ctx context.Context, tx *storage.Tx, actor access.Actor) (*day, error) {
	now := r.clock.Now()
	d := &day{
		room: r, tx: tx, account: actor.ID, day: dayOf(now), exact: SeesExact(ctx), asked: map[string]db.AskedRow{},
	}
	queries := db.New(tx)
	var err error
	if d.row, err = queries.TakeDay(ctx, db.TakeDayParams{AccountID: d.account, Day: d.day, Account: actor.Name}); err != nil {
		return nil, err
	}
	if err := queries.ForgetAsked(ctx, db.ForgetAskedParams{AccountID: d.account, Day: dayOf(now.AddDate(0, 0, -1))}); err != nil {
		return nil, err
	}
	if err := queries.ForgetDays(ctx, db.ForgetDaysParams{AccountID: d.account, Day: dayOf(now.AddDate(0, 0, -1))}); err != nil {
		return nil, err
	}
	rows, err := queries.Asked(ctx, db.AskedParams{AccountID: d.account, Day: d.day})
	for _, row := range rows {
		d.asked[row.Digest] = row
	}
	return d, err
}

func dayOf(t time.Time) int64 { return int64(t.Year()*10000 + int(t.Month())*100 + t.Day()) }

// show returns the figure of a count, from what was asked before or by spending budget.
func (d *day) show(ctx context.Context, q Question, c Count) (Figure, error) {
	digest := d.room.digest(c)
	row, again := d.asked[digest]
	if !again {
		row = db.AskedRow{Digest: digest, Banded: !d.exact && d.row.Spent >= FiguresADay}
		if row.Banded && d.row.Bands >= bandsADay {
			return Hidden(), nil
		}
		if !row.Banded {
			row.Sketch = sketch(c.Cell)
		}
	}
	f := d.figure(q, c, row.Banded)
	if again {
		return f, nil
	}
	if !d.exact {
		d.spend(c, row)
	}
	d.asked[digest], d.changed = row, true
	err := db.New(d.tx).NoteAsked(ctx, db.NoteAskedParams{
		AccountID: d.account, Day: d.day, Digest: digest, Banded: row.Banded, Sketch: row.Sketch,
	})
	if err != nil {
		return f, err
	}
	return f, d.room.audit.Audit(ctx, d.tx, "audit.audience.counted", q.Subject, detail(q.Text, f))
}

func detail(text string, f Figure) string {
	if text == "" {
		return f.String()
	}
	return text + " · " + f.String()
}

func (d *day) figure(q Question, c Count, banded bool) Figure {
	switch {
	case d.exact:
		return Exact(c.Cell.N)
	case banded:
		return d.room.Band(c.form(), c.Cell)
	}
	return d.room.About(c.form(), c.Cell, q.Floor)
}

// spend takes one figure from the day's budget and counts it if its people are nearly those of an earlier figure.
func (d *day) spend(c Count, row db.AskedRow) {
	if row.Banded {
		d.row.Bands++
		return
	}
	d.row.Spent++
	for _, other := range d.asked {
		if known, ok := sketched(other.Sketch); ok && Alike(Cell{Buckets: known}, c.Cell) {
			d.row.Alike++
			return
		}
	}
}

// put stores what was spent, and raises the alarm at most once a day.
func (d *day) put(ctx context.Context, q Question) error {
	if !d.changed {
		return nil
	}
	if d.row.Alike >= AlikeAlarm && d.row.AlarmedAt == 0 {
		d.row.AlarmedAt = clock.Millis(d.room.clock.Now())
		if err := d.room.audit.Audit(ctx, d.tx, "audit.audience.alike", q.Subject, fmt.Sprint(d.row.Alike)); err != nil {
			return err
		}
	}
	return db.New(d.tx).PutDay(ctx, db.PutDayParams{
		AccountID: d.account, Day: d.day, Spent: d.row.Spent, Bands: d.row.Bands, Alike: d.row.Alike, AlarmedAt: d.row.AlarmedAt,
	})
}

// sketch encodes the buckets of a cell as text, so that later cells can be compared with it.
func sketch(c Cell) string {
	var b []byte
	for _, n := range c.Buckets {
		b = binary.AppendVarint(b, n)
	}
	return base64.RawStdEncoding.EncodeToString(b)
}

func sketched(text string) (all [buckets]int64, ok bool) {
	b, err := base64.RawStdEncoding.DecodeString(text)
	for i := range all {
		n, size := binary.Varint(b)
		if err != nil || size <= 0 {
			return all, false
		}
		all[i], b = n, b[size:]
	}
	return all, true
}

// Alarm reports an account that asked for many audiences that hardly differ.
type Alarm struct {
	Account string
	At      time.Time
	Alike   int64
}

// Alarms returns the alarms of the last week, newest first.
func (r *Room) Alarms(ctx context.Context) ([]Alarm, error) {
	rows, err := db.New(r.db).Alarms(ctx, clock.Millis(r.clock.Now().AddDate(0, 0, -7)))
	list := make([]Alarm, len(rows))
	for i, row := range rows {
		list[i] = Alarm{Account: row.Account, At: clock.Time(row.AlarmedAt), Alike: row.Alike}
	}
	return list, err
}
