package newsletters_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/bounce"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/disclosure"
	"unoxuno/internal/fault"
	"unoxuno/internal/identity"
	"unoxuno/internal/newsletters"
)

// plugged returns the world with the app's plugs for returned mail.
func plugged(w *world) {
	w.delivery.PlugFarewells(w.Room)
}

// back delivers a mail to one of our addresses.
func (w *world) back(recipient, mail string) {
	w.Helper()
	w.must(w.delivery.TakeBack(w.ctx, delivery.Back{Recipient: recipient, Mail: strings.NewReader(mail)}))
}

// envelope returns the address that the last mail for somebody would be returned to.
func (w *world) envelope(address string) string {
	w.Helper()
	mails := w.sink.Mails()
	for i := len(mails) - 1; i >= 0; i-- {
		if mails[i].To == address {
			return mails[i].From
		}
	}
	w.Fatalf("no mail for %s", address)
	return ""
}

func bounced(address, status, words string) string {
	return "From: MAILER-DAEMON@mx.example\nSubject: Undelivered\nMIME-Version: 1.0\n" +
		"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n" +
		"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; " + address +
		"\nAction: failed\nStatus: " + status + "\nDiagnostic-Code: smtp; " + words + "\n\n--b--\n"
}

func abuse(original string) string {
	return "From: fbl@provider.example\nSubject: abuse report\nMIME-Version: 1.0\n" +
		"Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n" +
		"--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: x/1\nVersion: 1\n\n" +
		"--b\nContent-Type: message/rfc822\n\n" + original + "\n--b--\n"
}

// unsubscribeHeader returns the List-Unsubscribe field of the last mail for somebody.
func (w *world) unsubscribeHeader(address string) string {
	return w.header(address, "List-Unsubscribe")
}

// header returns a field of the last mail for somebody.
func (w *world) header(address, name string) string {
	w.Helper()
	for _, m := range w.sink.Mails() {
		if m.To == address {
			return m.Header(name)
		}
	}
	w.Fatalf("no mail for %s", address)
	return ""
}

func TestAComplaintEndsAllThatBringsHerAnything(t *testing.T) {
	inTown(t, func(w *world) {
		plugged(w)
		populate(w)
		issue := w.create(text("teatro", "2025-03", ""))
		w.send(issue.ID)
		all := w.sink.Mails()
		if len(all) < 2 {
			t.Fatalf("%d mails", len(all))
		}
		first, second := all[0].To, all[1].To
		// One to the envelope sender, one to the mailbox where a provider sends all reports, without the address.
		w.back(w.envelope(first), abuse("Subject: x\n"))
		w.back("newsletter@comune.example", abuse("To: <"+second+">\nList-Unsubscribe: "+
			w.unsubscribeHeader(second)+"\nMessage-ID: "+w.header(second, "Message-Id")+"\n"))
		for _, address := range []string{first, second} {
			person := w.personAt(address)
			subs, err := w.Subscriptions(w.ctx, person)
			w.must(err)
			for _, s := range subs {
				if s.Standing() || s.EndedHow != "complaint" || s.EndedBy != string(access.System) {
					t.Errorf("%s: %+v", address, s)
				}
			}
			received, err := w.Receives(w.ctx, person)
			w.must(err)
			if len(received) != 0 {
				t.Errorf("%s still gets %+v", address, received)
			}
			if yes, err := w.delivery.Suppressed(w.ctx, w.db, address); err != nil || !yes {
				t.Errorf("%s is not suppressed, %v", address, err)
			}
		}
		log, err := w.identity.AuditLog(w.ctx, identity.AuditQuery{Limit: 10})
		w.must(err)
		if log[0].Action != "audit.complaint.noted" || log[0].Detail != issue.Subject() || log[0].Kind != access.System {
			t.Errorf("the log says %+v", log[0])
		}
		s := w.numbers(issue.ID)
		if s.Complaints != disclosure.Hidden() || s.Returned != disclosure.Exact(0) || len(s.Returns) != 0 {
			t.Errorf("%+v", s)
		}
	})
}

func (w *world) personAt(address string) (person int64) {
	w.Helper()
	w.must(w.db.QueryRowContext(w.ctx, "SELECT person_id FROM people_reachable WHERE value = $1", address).Scan(&person))
	return person
}

func TestUnsubscribingByMailEndsOneNewsletter(t *testing.T) {
	inTown(t, func(w *world) {
		plugged(w)
		populate(w)
		w.send(w.create(text("teatro", "2025-03", "")).ID)
		address := w.sink.Mails()[0].To
		_, mailto, _ := strings.Cut(w.unsubscribeHeader(address), "mailto:")
		to, subject, _ := strings.Cut(strings.TrimSuffix(mailto, ">"), "?subject=")
		if to != "newsletter@comune.example" {
			t.Fatalf("mailto %s", mailto)
		}
		w.must(w.delivery.TakeBack(w.ctx, delivery.Back{
			Recipient: to, Mail: strings.NewReader("Return-Path: <" + address + ">\nFrom: " + address + "\nSubject: " + subject + "\n\n"),
		}))
		received, err := w.Receives(w.ctx, w.personAt(address))
		w.must(err)
		for _, r := range received {
			if r.Newsletter.Slug == "teatro" {
				t.Error("it still comes")
			}
		}
	})
}

func TestWhatCameBackStandsInTheStatistics(t *testing.T) {
	inTown(t, func(w *world) {
		plugged(w)
		populate(w)
		issue := w.create(text("teatro", "2025-03", ""))
		w.send(issue.ID)
		mails := w.sink.Mails()
		w.back(mails[0].From, bounced(mails[0].To, "5.1.1", "550 5.1.1 User unknown"))
		w.back(mails[1].From, bounced(mails[1].To, "5.2.2", "552 5.2.2 Mailbox full"))
		s := w.numbers(issue.ID)
		want := []newsletters.Returned{
			{Kind: bounce.Hard, Reason: bounce.UnknownAddress, Count: disclosure.Exact(1)}, {Kind: bounce.Soft, Reason: bounce.MailboxFull, Count: disclosure.Exact(1)},
		}
		if s.Returned != disclosure.Exact(2) || fmt.Sprint(s.Returns) != fmt.Sprint(want) || s.Accepted != disclosure.Exact(int64(len(mails))) || s.Complaints != disclosure.Hidden() {
			t.Errorf("%+v", s)
		}
	})
}

func TestAnIssueThatFailedIsTriedAgain(t *testing.T) {
	inTown(t, func(w *world) {
		populate(w)
		w.refused = func(a deliverytest.Attempt) error {
			if a.Stage == deliverytest.AtRcpt {
				return deliverytest.Refuse(552, "5.2.2", "mailbox full")
			}
			return nil
		}
		draft := w.create(text("teatro", "2025-04", ""))
		if _, err := w.Retry(w.ctx, draft.ID); !fault.HasKey(err, "newsletters.issue.not_retryable") {
			t.Errorf("a draft: %v", err)
		}
		if told, err := w.Retryable(w.ctx, draft.ID); err != nil || told != (delivery.Retried{}) {
			t.Errorf("Retryable of a draft: %+v, %v", told, err)
		}
		issue := w.create(text("teatro", "2025-03", ""))
		w.send(issue.ID)
		w.refused = nil
		editor := access.With(w.ctx, access.Actor{Kind: access.StaffAct, Permissions: identity.Editor.Permissions(), Newsrooms: []string{"ufficio-cultura"}})
		if _, err := w.Retry(editor, issue.ID); !fault.Is(err, fault.KindForbidden) {
			t.Errorf("an editor: %v", err)
		}
		if _, err := w.Retryable(editor, issue.ID); !fault.Is(err, fault.KindForbidden) {
			t.Errorf("an editor asks: %v", err)
		}
		told, err := w.Retryable(w.ctx, issue.ID)
		w.must(err)
		again, err := w.Retry(w.ctx, issue.ID)
		w.must(err)
		if told != again {
			t.Errorf("retried %+v, announced %+v", again, told)
		}
		now, err := w.Issue(w.ctx, issue.ID)
		w.must(err)
		if again.Refused == 0 || again.Later != 0 || now.State != newsletters.Sending || !now.Finished.IsZero() {
			t.Fatalf("%+v, %s, finished %v", again, now.State, now.Finished)
		}
		batches, err := w.Batches(w.ctx, issue.ID)
		w.must(err)
		_, err = w.delivery.Drain(w.ctx, batches[0].ID, nil)
		w.must(err)
		now, err = w.Issue(w.ctx, issue.ID)
		w.must(err)
		if now.State != newsletters.Sent || int64(w.sink.Count()) != again.Refused {
			t.Errorf("%s, %d mails", now.State, w.sink.Count())
		}
		if again, err = w.Retry(w.ctx, issue.ID); err != nil || again != (delivery.Retried{}) {
			t.Errorf("once more: %+v, %v", again, err)
		}
	})
}

func TestABrakeIsReleasedWithPermission(t *testing.T) {
	inTown(t, func(w *world) {
		populate(w)
		hold := func() {
			_, err := w.db.ExecContext(w.ctx, "INSERT INTO delivery_brake (id, account, since, reason, returned, accepted, lifted_at, lifted_by)"+
				" VALUES ($1, 'ufficio-cultura', $2, 'bounces', 30, 300, 0, '')", w.clock.Now().UnixNano(), w.clock.Now().UnixMilli())
			w.must(err)
		}
		hold()
		as := func(role identity.Role, newsrooms ...string) access.Actor {
			return access.Actor{Kind: access.StaffAct, Name: string(role), Permissions: role.Permissions(), Newsrooms: newsrooms}
		}
		issue := w.create(text("teatro", "2025-03", ""))
		d, err := w.Send(w.ctx, issue.ID, issue.Version, false)
		w.must(err)
		if p, err := w.delivery.Drain(w.ctx, d.Batch.ID, nil); err != nil || p.Sent != 0 || p.Owed() == 0 {
			t.Fatalf("%+v, %v", p, err)
		}
		p, err := w.Progress(w.ctx, issue.ID)
		w.must(err)
		s, err := w.Statistics(w.ctx, issue.ID)
		w.must(err)
		if p.Delay.Reason != delivery.DelayBrake || s.Delay != p.Delay {
			t.Errorf("it says that it waits for %+v, and %+v", p.Delay, s.Delay)
		}
		for who, sees := range map[*access.Actor]int{
			{Kind: access.Console}: 1,
			{Kind: access.StaffAct, Permissions: identity.Publisher.Permissions(), Newsrooms: []string{"amici-della-musica"}}: 0,
			{Kind: access.StaffAct, Permissions: identity.Editor.Permissions(), Newsrooms: []string{"ufficio-cultura"}}:       0,
			{Kind: access.StaffAct, Permissions: identity.Publisher.Permissions(), Newsrooms: []string{"ufficio-cultura"}}:    1,
		} {
			ctx := access.With(w.ctx, *who)
			if brakes, err := w.Brakes(ctx); err != nil || len(brakes) != sees {
				t.Errorf("%+v sees %+v, %v", who, brakes, err)
			}
			if err := w.Resume(ctx, "ufficio-cultura"); sees == 0 != fault.Is(err, fault.KindForbidden) {
				t.Errorf("%+v: %v", who, err)
			} else if err == nil {
				w.clock.Advance(time.Second)
				hold()
			}
		}
		w.must(w.Resume(access.With(w.ctx, as(identity.Administrator)), "ufficio-cultura"))
		log, err := w.identity.AuditLog(w.ctx, identity.AuditQuery{Limit: 1})
		w.must(err)
		if log[0].Action != "audit.brake.lifted" || log[0].Actor != "administrator" || log[0].Subject != "newsroom ufficio-cultura" {
			t.Errorf("the log says %+v", log[0])
		}
		if err := w.Resume(w.ctx, "ufficio-cultura"); !fault.HasKey(err, "newsletters.brake.none") {
			t.Errorf("once more: %v", err)
		}
		if err := w.Resume(w.ctx, "nobody"); !fault.HasKey(err, "newsletters.newsroom.unknown") {
			t.Errorf("an unknown newsroom: %v", err)
		}
		if p, err := w.delivery.Drain(w.ctx, d.Batch.ID, nil); err != nil || p.Owed() != 0 || p.Sent == 0 {
			t.Fatalf("%+v, %v", p, err)
		}
	})
}
