package newsletters_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/disclosure"
	"unoxuno/internal/fault"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
)

// phone gives the person a confirmed mobile and returns its number.
func (w *world) phone(person int64) string {
	w.Helper()
	number := "+39333" + strings.Repeat("0", 3) + string(rune('0'+w.phones/1000%10)) + string(rune('0'+w.phones/100%10)) +
		string(rune('0'+w.phones/10%10)) + string(rune('0'+w.phones%10))
	w.phones++
	_, err := w.people.AddAddress(w.ctx, person, people.Contact{Channel: people.SMS, Value: number, Verified: true})
	w.must(err)
	return number
}

// mobileOnly registers a person whose only address is a mobile.
func (w *world) mobileOnly(d people.Details, profile bool, subscribed ...string) (person int64, number string) {
	w.Helper()
	var grants []people.Grant
	if profile {
		grants = append(grants, people.Grant{Purpose: people.ForProfile, Source: "test", Channel: people.SMS})
	}
	person, err := w.people.Register(w.ctx, d, nil, grants)
	w.must(err)
	number = w.phone(person)
	for _, slug := range subscribed {
		w.must(w.SubscribePerson(w.ctx, person, slug, "own-page"))
	}
	return person, number
}

// sendAll sends the issue and delivers what is queued on all channels.
func (w *world) sendAll(issue int64) newsletters.Dispatch {
	w.Helper()
	d, err := w.Send(w.ctx, issue, w.version(issue), false)
	w.must(err)
	for _, batch := range d.Batches() {
		_, err := w.delivery.Drain(w.ctx, batch.ID, nil)
		w.must(err)
	}
	return d
}

// withText returns an issue of the newsletter with a text message.
func withText(newsletter, slug string) newsletters.Content {
	c := text(newsletter, slug, "")
	c.SMS = "Stasera “La locandiera” – ore 21"
	return c
}

func TestOneChannelForEach(t *testing.T) {
	inTown(t, func(w *world) {
		ada := w.citizen(people.Details{Given: "Ada"}, false, "teatro") // e-mail, and a telephone that she did not choose
		w.phone(ada)
		bea := w.citizen(people.Details{Given: "Bea"}, false, "teatro") // chose text messages
		beas := w.phone(bea)
		w.must(w.ChooseChannel(w.ctx, bea, "teatro", people.SMS))
		_, carlas := w.mobileOnly(people.Details{Given: "Carla"}, false, "teatro")
		_, dinas := w.mobileOnly(people.Details{Given: "Dina", Wants: []string{"teatro"}}, true) // by profile
		elsa := w.citizen(people.Details{Given: "Elsa", Wants: []string{"teatro"}}, true)        // by profile, has both
		w.phone(elsa)
		fina := w.citizen(people.Details{Given: "Fina", Wants: []string{"teatro"}}, true, "teatro") // by profile, and chose text
		finas := w.phone(fina)
		w.must(w.ChooseChannel(w.ctx, fina, "teatro", people.SMS))

		plain := w.create(text("teatro", "senza-testo", ""))
		reach, err := w.Reach(w.ctx, plain.ID)
		w.must(err)
		if reach != (newsletters.Reach{People: 2, BySubscription: 1, ByProfile: 1, ByEmail: 2}) {
			w.Errorf("without a text: %+v", reach)
		}
		w.sendAll(plain.ID)
		w.wantReached("ada elsa")
		w.wantTexted()

		issue := w.create(withText("teatro", "con-testo"))
		reach, err = w.Reach(w.ctx, issue.ID)
		w.must(err)
		if reach != (newsletters.Reach{People: 6, BySubscription: 4, ByProfile: 2, ByEmail: 2, BySMS: 4}) {
			w.Errorf("with a text: %+v", reach)
		}
		d := w.sendAll(issue.ID)
		w.wantReached("ada elsa")
		if got := w.texted[0]; got.Text != "Stasera \"La locandiera\" - ore 21\nBasta SMS? https://uno.comune.example/me" {
			w.Errorf("sent %q", got.Text)
		}
		w.wantTexted(beas, carlas, dinas, finas)
		done, err := w.Issue(w.ctx, issue.ID)
		w.must(err)
		stats, err := w.Statistics(w.ctx, issue.ID)
		w.must(err)
		if d.Messages() != 6 || done.State != newsletters.Sent || stats.Recipients != disclosure.Exact(6) || stats.Accepted != disclosure.Exact(6) || len(stats.Channels) != 2 {
			w.Errorf("%d messages, %s, %+v", d.Messages(), done.State, stats)
		}
		received, err := w.Receives(w.ctx, bea)
		w.must(err)
		if len(received) != 1 || received[0].Channel != people.SMS || !received[0].Subscribed {
			w.Errorf("Bea receives %+v", received)
		}
	})
}

func TestAnIssueIsSentWhenBothChannelsAre(t *testing.T) {
	inTown(t, func(w *world) {
		w.citizen(people.Details{Given: "Ada"}, false, "teatro")
		w.mobileOnly(people.Details{Given: "Bea"}, false, "teatro")
		issue := w.create(withText("teatro", "due-canali"))
		d, err := w.Send(w.ctx, issue.ID, issue.Version, false)
		w.must(err)
		for n, batch := range d.Batches() {
			_, err := w.delivery.Drain(w.ctx, batch.ID, nil)
			w.must(err)
			got, err := w.Issue(w.ctx, issue.ID)
			w.must(err)
			if want := []newsletters.State{newsletters.Sending, newsletters.Sent}[n]; got.State != want {
				w.Errorf("after %d channels it is %s", n+1, got.State)
			}
		}
		again, err := w.Send(w.ctx, issue.ID, issue.Version, false)
		w.must(err)
		if !again.Again || again.Messages() != 2 || len(again.Batches()) != 2 {
			w.Errorf("sent again: %+v", again)
		}
	})
}

func TestCancellingStopsBothChannels(t *testing.T) {
	inTown(t, func(w *world) {
		w.citizen(people.Details{Given: "Ada"}, false, "teatro")
		w.mobileOnly(people.Details{Given: "Bea"}, false, "teatro")
		issue := w.create(withText("teatro", "annullato"))
		d, err := w.Send(w.ctx, issue.ID, issue.Version, false)
		w.must(err)
		_, err = w.Cancel(w.ctx, issue.ID)
		w.must(err)
		for _, batch := range d.Batches() {
			_, err := w.delivery.Drain(w.ctx, batch.ID, nil)
			w.must(err)
		}
		w.wantReached("")
		w.wantTexted()
		if p, err := w.Progress(w.ctx, issue.ID); err != nil || p.Cancelled != 2 {
			w.Errorf("%+v, %v", p, err)
		}
	})
}

func TestStopAndStart(t *testing.T) {
	inTown(t, func(w *world) {
		bea, number := w.mobileOnly(people.Details{Given: "Bea", Language: "en"}, true, "teatro", "concerti")
		written := func(text string) string {
			w.Helper()
			before := len(w.texted)
			from, err := sms.ParseNumber(number)
			w.must(err)
			w.must(w.delivery.Inbound(w.ctx, sms.Inbound{From: from, Text: text}))
			_, err = w.delivery.SendNotes(w.ctx)
			w.must(err)
			if len(w.texted) == before {
				return ""
			}
			return w.texted[before].Text
		}
		w.must(w.Unsubscribe(w.ctx, newsletters.Leaving{Person: bea, Newsletter: "concerti", How: "own-page"}))
		if got := written("Stop!"); !strings.Contains(got, "no more text messages") {
			w.Errorf("answered %q", got)
		}
		w.texted = nil
		issue := w.create(withText("teatro", "dopo-stop"))
		d, err := w.Send(w.ctx, issue.ID, issue.Version, true)
		w.must(err)
		for _, batch := range d.Batches() {
			_, err := w.delivery.Drain(w.ctx, batch.ID, nil)
			w.must(err)
		}
		w.wantTexted()
		if got, err := w.Of(w.ctx, w.db, bea); err != nil || len(got) != 0 {
			w.Errorf("subscribed to %v, %v", got, err)
		}
		if got := written("start"); !strings.Contains(got, "welcome back") {
			w.Errorf("answered %q", got)
		}
		if got, err := w.Of(w.ctx, w.db, bea); err != nil || !slices.Equal(got, []string{"teatro"}) {
			w.Errorf("subscribed to %v, %v: what she left before STOP does not come back", got, err)
		}
		if got := written("orari della biblioteca?"); !strings.Contains(got, "https://uno.comune.example/en/") {
			w.Errorf("answered %q", got)
		}
		if got := written("orari"); got != "" {
			w.Errorf("answered twice in a day: %q", got)
		}
		w.texted = nil
		w.sendAll(w.create(withText("teatro", "dopo-start")).ID)
		w.wantTexted(number)
	})
}

func TestTheTextIsShownAsItGoes(t *testing.T) {
	inTown(t, func(w *world) {
		w.mobileOnly(people.Details{Given: "Bea"}, false, "teatro")
		w.mobileOnly(people.Details{Given: "Dina"}, false, "teatro")
		issue := w.create(text("teatro", "anteprima", ""))
		p, err := w.PreviewSMS(w.ctx, issue.ID, "Perché “no”? "+strings.Repeat("x", 150), true)
		w.must(err)
		if len(p.Parts) != 2 || p.Encoding != sms.GSM7 || len(p.Changes) == 0 || p.People != disclosure.Exact(2) || p.Total != 4*w.price() {
			w.Errorf("%+v", p)
		}
		c := text("teatro", "anteprima", "")
		c.SMS = strings.Repeat("x", 2000)
		if _, err := w.Save(w.ctx, issue.ID, issue.Version, c); !fault.HasKey(err, "newsletters.sms.long") {
			w.Errorf("got %v", err)
		}
		c.SMS = " Ciao\r\n"
		saved, err := w.Save(w.ctx, issue.ID, issue.Version, c)
		w.must(err)
		if saved.SMS != "Ciao" {
			w.Errorf("kept %q", saved.SMS)
		}
	})
}

// Whatever addresses and choices a person has, she gets an issue once or not at all, and the recipients are those that
// were counted.
func TestNobodyGetsAnIssueTwice(t *testing.T) {
	inTown(t, func(w *world) {
		n := 0
		rapid.Check(w.T, func(t *rapid.T) {
			n++
			draw := func(what string) bool { return rapid.Bool().Draw(t, what) }
			d := people.Details{Given: "P" + strings.Repeat("p", n%50), Wants: []string{}}
			if draw("wants theatre") {
				d.Wants = []string{"teatro"}
			}
			var grants []people.Grant
			if draw("consent to profile") {
				grants = append(grants, people.Grant{Purpose: people.ForProfile, Source: "test", Channel: people.Email})
			}
			person, err := w.people.Register(w.ctx, d, nil, grants)
			w.must(err)
			if draw("telephone") {
				w.phone(person)
			}
			if draw("e-mail") {
				_, err := w.people.AddAddress(w.ctx, person, people.Contact{
					Channel: people.Email, Value: "p" + string(rune('a'+n%26)) + strings.Repeat("q", n/26) + "@mail.example", Verified: draw("confirmed"),
				})
				w.must(err)
			}
			asked := []people.Asked{}
			for _, channel := range people.Channels() {
				if draw("subscribed by " + string(channel)) {
					asked = append(asked, people.Asked{Person: person, Newsletter: "teatro", Channel: channel, How: "import", When: w.clock.Now()})
				}
			}
			w.must(w.db.Tx(w.ctx, func(tx *storage.Tx) error {
				if draw("consent to newsletters") {
					if err := w.people.GrantIn(w.ctx, tx, person, people.Grant{Purpose: people.ForNewsletter, Source: "test", Channel: people.Email}); err != nil {
						return err
					}
				}
				_, err := w.Subscribe(w.ctx, tx, asked)
				return err
			}))
		})
		issue := w.create(withText("teatro", "tutti"))
		reach, err := w.Reach(w.ctx, issue.ID)
		w.must(err)
		d := w.sendAll(issue.ID)
		counts := map[string]map[int64]bool{}
		for _, batch := range d.Batches() {
			counts[batch.Channel] = w.recipients(batch.ID)
		}
		mailed, texted := counts[delivery.Email], counts[delivery.SMS]
		for person := range maps.Keys(texted) {
			if mailed[person] {
				w.Errorf("person %d is reached twice", person)
			}
		}
		if int64(len(mailed)) != reach.ByEmail || int64(len(texted)) != reach.BySMS || reach.People != reach.ByEmail+reach.BySMS {
			w.Errorf("counted %+v, reached %d and %d", reach, len(mailed), len(texted))
		}
	})
}

// recipients returns the people whose message in the batch was sent.
func (w *world) recipients(batch int64) map[int64]bool {
	w.Helper()
	rows, err := w.db.QueryContext(w.ctx, "SELECT person FROM delivery_facts WHERE batch = $1 AND state = 'sent'", batch)
	w.must(err)
	defer func() { _ = rows.Close() }()
	all := map[int64]bool{}
	for rows.Next() {
		var person int64
		w.must(rows.Scan(&person))
		all[person] = true
	}
	w.must(rows.Err())
	return all
}

// take is the world's gateway for text messages.
func (w *world) take(_ context.Context, m sms.Message) ([]string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.busy != nil {
		if err := w.busy(m); err != nil {
			return nil, err
		}
	}
	w.texted = append(w.texted, m)
	return []string{m.Reference}, nil
}

// price is the price of one part, in hundredths of a cent.
func (w *world) price() int64 { return 450 }

// wantTexted fails the test unless exactly those numbers got a text message since the last call.
func (w *world) wantTexted(numbers ...string) {
	w.Helper()
	got := []string{}
	for _, m := range w.texted {
		got = append(got, m.To.String())
	}
	w.texted = nil
	slices.Sort(got)
	slices.Sort(numbers)
	if !slices.Equal(got, numbers) {
		w.Errorf("text messages reached %v, want %v", got, numbers)
	}
}
