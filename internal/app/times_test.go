package app

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"unoxuno/internal/people"
	"unoxuno/internal/storage"
)

// What becomes of a time in the far future that is in no room's Times.
const (
	asFact   = "it says when something happened; nothing waits for it, nothing ends by it"
	asChosen = "somebody chose it, and can choose another"
	byOwn    = "its room brings it back itself: see the test there"
	byDay    = "counted for a day of the calendar; today's has its own row"
	later    = "it is kept, or lasts, longer by as much as the clock was ahead, and is shown with its end"
)

// otherTimes are the times that no room lists in Times.
func otherTimes() map[string]string {
	return map[string]string{
		"delivery_batch.at": asChosen, "delivery_batch.created": asFact, "delivery_batch.finished": byOwn, "delivery_batch.cancelled": asFact,
		"delivery_batch.folded": asFact, "delivery_chunk.due": byOwn, "delivery_chunk.lease_until": byOwn, "delivery_folding.at": byOwn,
		"delivery_hold.released_at": asFact, "delivery_message.next_at": byOwn, "delivery_message.changed": asFact, "delivery_note.changed": byOwn,
		"delivery_note.created": asFact, "delivery_note.due": byOwn, "delivery_note.expires": later, "delivery_note.lease_until": byOwn,
		"delivery_return.at": byOwn, "delivery_sms_part.changed": later, "delivery_suppression.created": asFact, "delivery_total.hour": asFact,
		"disclosure_asked.day": byDay, "disclosure_day.day": byDay,
		"identity_audit.at": asFact, "identity_staff.created_at": asFact, "identity_token.created_at": asFact, "identity_token.ended_at": asFact,
		"identity_token.expires_at":  later,
		"newsletters_digest.made_at": asFact, "newsletters_digest.finished_at": asFact, "newsletters_digest.slot": byOwn,
		"newsletters_digest.daily_before": byOwn, "newsletters_digest.weekly_before": byOwn, "newsletters_image.uploaded_at": asFact,
		"newsletters_issue.cancelled_at": asFact, "newsletters_issue.created_at": asFact, "newsletters_issue.finished_at": asFact,
		"newsletters_issue.scheduled_at": asChosen, "newsletters_issue.sent_at": asFact, "newsletters_issue.updated_at": asFact,
		"newsletters_optout.began_at": asFact, "newsletters_optout.ended_at": asFact, "newsletters_rhythm.paused_until": asChosen,
		"newsletters_subscription.began_at": asFact, "newsletters_subscription.ended_at": asFact, "newsletters_visits.hour": asFact,
		"people_address.created_at": asFact, "people_address.verified_at": asFact, "people_change.noted_at": later,
		"people_consent.ended_at": asFact, "people_consent.granted_at": asFact, "people_consent.recorded_at": asFact, "people_consent.given_on": asFact,
		"people_consent_text.since": asFact, "people_entry.asked_at": asFact, "people_entry.used_at": asFact, "people_person.born": asFact,
		"people_person.created_at": asFact, "people_person.updated_at": asFact, "people_person.since": asFact, "people_session.began_at": asFact,
		"people_signup.confirmed_at": asFact, "people_signup.created_at": asFact,
		"periodic_task.lease_until": byOwn, "periodic_task.retry_at": byOwn, "periodic_task.slot": byOwn, "town_town.changed_at": asFact,
	}
}

// timeNames are what columns of times are called.
var timeNames = regexp.MustCompile(`(^|_)(at[0-9]?|since|until|due|slot|hour|day|before|created|changed|finished|cancelled|folded|expires|born|given_on)$`)

// timeColumns are the times of the live schema.
func (b *borgo) timeColumns() (all []string) {
	b.t.Helper()
	for _, table := range b.tables() {
		rows, err := b.db.QueryContext(b.ctx, "SELECT * FROM "+table+" WHERE 1 = 0")
		b.must(err)
		columns, err := rows.Columns()
		b.must(err)
		b.must(errors.Join(rows.Err(), rows.Close()))
		for _, column := range columns {
			if timeNames.MatchString(column) {
				all = append(all, table+"."+column)
			}
		}
	}
	if len(all) < 80 {
		b.t.Fatalf("only %d times in the schema: are these all?", len(all))
	}
	return all
}

func listedTimes() (all []storage.Time) {
	for _, s := range schemas() {
		all = append(all, s.Times...)
	}
	return all
}

// Of every time in the schema it is said what becomes of one that lies in the far future.
func TestEveryTimeHealsOrHarmsNobody(t *testing.T) {
	t.Parallel()
	b := newBorgo(t, storage.SQLite)
	other, columns := otherTimes(), b.timeColumns()
	for _, time := range listedTimes() {
		name := time.Table + "." + time.Column
		if !slices.Contains(columns, name) {
			t.Errorf("%s is in a room's Times and in no table", name)
		}
		if other[name] != "" {
			t.Errorf("%s is said twice", name)
		}
		other[name] = "listed"
	}
	for _, name := range columns {
		if other[name] == "" {
			t.Errorf("say what becomes of a time in the far future in %s: in its room's Times, or here", name)
		}
		delete(other, name)
	}
	for name := range other {
		t.Errorf("%s is said to be a time and is in no table", name)
	}
}

// Whatever was written a year ahead, within an hour nothing lies further ahead than it can have been written, and what
// was written by a clock that is right stays.
func TestTimesOfAClockThatRanAheadAreBroughtBack(t *testing.T) {
	eachEngine(t, func(t *testing.T, b *borgo) {
		now := b.now.Now()
		b.now.Advance(365 * days)
		b.triesEverything()
		b.now.Set(now)
		before := b.latest()
		b.must(b.mendTimes(b.ctx))
		touched := 0
		for _, time := range listedTimes() {
			name, latest := time.Table+"."+time.Column, now.Add(time.Most)
			if before[name] > latest.UnixMilli() {
				touched++
			}
			if after := b.latest()[name]; after > latest.UnixMilli() {
				t.Errorf("%s lies %d ms ahead", name, after-latest.UnixMilli())
			}
		}
		if touched < 8 {
			t.Errorf("only %d columns lay ahead: this proves little", touched)
		}
		if !strings.Contains(b.log.String(), "a clock ran ahead") {
			t.Error("nobody is told")
		}
		b.log.Reset()
		standing := b.latest()
		b.must(b.mendTimes(b.ctx))
		if again := b.latest(); fmt.Sprint(again) != fmt.Sprint(standing) || b.log.Len() > 0 {
			t.Errorf("mended again: %s", b.log)
		}
		b.now.Advance(time.Hour)
		b.signedIn(b.admin) // whose password was guessed at in the year to come
		if a := b.ask(b.browser(), http.MethodPost, "/me", url.Values{"address": {"maria@citta.example"}}); a.status != http.StatusSeeOther {
			t.Fatalf("asking for the link: %d", a.status)
		}
		if waiting := b.content("people_entry"); len(waiting) == 0 {
			t.Error("no entry is kept")
		}
		b.must(b.db.Tx(b.ctx, func(tx *storage.Tx) error {
			e, err := b.people.AskEntryIn(b.ctx, tx, people.Email, "maria@citta.example")
			if err == nil && !e.Send {
				t.Error("her link is not sent an hour after the clock was put right")
			}
			return err
		}))
	})
}

// latest is the latest time in each listed column.
func (b *borgo) latest() map[string]int64 {
	b.t.Helper()
	all := map[string]int64{}
	for _, time := range listedTimes() {
		var at int64
		b.must(b.db.QueryRowContext(b.ctx, fmt.Sprintf("SELECT COALESCE(MAX(%s), 0) FROM %s", time.Column, time.Table)).Scan(&at))
		all[time.Table+"."+time.Column] = at
	}
	return all
}

// triesEverything uses up what is limited, and begins what ends by itself.
func (b *borgo) triesEverything() {
	b.t.Helper()
	client := b.browser()
	b.signedIn(b.admin)
	for range 8 {
		b.ask(client, http.MethodPost, "/office/sign-in", url.Values{"email": {b.admin.Email}, "password": {"una frase sbagliata"}})
		var e people.Entry
		b.must(b.db.Tx(b.ctx, func(tx *storage.Tx) (err error) {
			e, err = b.people.AskEntryIn(b.ctx, tx, people.Email, "maria@citta.example")
			return err
		}))
		_, _ = b.people.TryEntry(b.ctx, e.ID)
	}
	_, err := b.people.BeginSession(b.ctx, b.maria, b.addressOfMaria())
	b.must(err)
	_, err = b.people.SignUp(b.ctx, people.Draft{Channel: people.SMS, Address: "+393337654321", Newsletters: []string{"teatro"}})
	b.must(err)
	_, err = b.identity.AskMobile(b.ctx, b.admin, "+393330000001")
	b.must(err)
	for _, table := range []string{"delivery_brake", "delivery_hold"} {
		columns, values := "id, account, since, reason, returned, accepted, lifted_at, lifted_by", "1, 'x', %[1]d, 'bounces', 1, 1, %[1]d, 'x'"
		if table == "delivery_hold" {
			columns, values = "id, at, released_at, released_by", "1, %[1]d, 0, ''"
		}
		_, err := b.db.ExecContext(b.ctx, fmt.Sprintf("INSERT INTO "+table+" ("+columns+") VALUES ("+values+")", b.now.Now().UnixMilli()))
		b.must(err)
	}
}

func (b *borgo) addressOfMaria() int64 {
	b.t.Helper()
	maria, err := b.people.Get(b.ctx, b.maria)
	b.must(err)
	return maria.Addresses[0].ID
}
