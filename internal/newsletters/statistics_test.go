package newsletters_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/disclosure"
	"unoxuno/internal/fault"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
)

const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

func reader(n int) newsletters.Visit {
	return newsletters.Visit{IP: fmt.Sprintf("192.0.2.%d", n), UserAgent: firefox, Method: http.MethodGet}
}

func (w *world) click(issue int64, n int, v newsletters.Visit) {
	w.Helper()
	_, err := w.Clicked(w.ctx, issue, n, v)
	w.must(err)
}

// numbers returns the issue's statistics with all visits so far.
func (w *world) numbers(issue int64) newsletters.Statistics {
	w.Helper()
	w.must(w.Flush(w.ctx))
	s, err := w.Statistics(w.ctx, issue)
	w.must(err)
	return s
}

// want fails the test unless raw and filtered numbers are as given.
func (w *world) want(what string, v newsletters.Visits, raw, filtered int64) {
	w.Helper()
	if v.Raw != disclosure.Exact(raw) || v.Filtered != disclosure.Exact(filtered) {
		w.Errorf("%s: %+v, want %d raw and %d filtered", what, v, raw, filtered)
	}
}

func TestVisitsOfPeopleAndPrograms(t *testing.T) {
	inTown(t, func(w *world) {
		populate(w)
		w.more(3)
		issue := w.create(text("teatro", "2025-03", ""))
		if _, err := w.Clicked(w.ctx, issue.ID, 1, reader(1)); !fault.Is(err, fault.KindNotFound) {
			w.Errorf("a draft's link leads somewhere: %v", err)
		}
		if err := w.Opened(w.ctx, issue.ID, reader(1)); !fault.Is(err, fault.KindNotFound) {
			w.Errorf("a draft is opened: %v", err)
		}
		w.send(issue.ID)
		w.clock.Advance(10 * time.Second) // how long the unsent issue is cached
		url, err := w.Clicked(w.ctx, issue.ID, 2, reader(0))
		w.must(err)
		if url != "https://www.teatro.example/prenota" {
			w.Errorf("the second link leads to %q", url)
		}
		for _, n := range []int{-1, 0, 3} {
			if _, err := w.Clicked(w.ctx, issue.ID, n, reader(1)); !fault.HasKey(err, "newsletters.link.unknown") {
				w.Errorf("link %d: %v", n, err)
			}
		}
		for n := 1; n <= 6; n++ { // six readers follow both links, at a reader's pace
			w.click(issue.ID, 1, reader(n))
			w.clock.Advance(time.Minute)
			w.click(issue.ID, 2, reader(n))
			w.must(w.Opened(w.ctx, issue.ID, reader(n)))
		}
		head, curl, proxy, ahead := reader(50), reader(51), reader(52), reader(53)
		head.Method, curl.UserAgent, proxy.UserAgent, ahead.Prefetch = http.MethodHead, "curl/8.5.0", "Mozilla/5.0", true
		for _, program := range []newsletters.Visit{head, curl, proxy, ahead} {
			w.click(issue.ID, 1, program)
			w.must(w.Opened(w.ctx, issue.ID, program))
		}
		for range 6 { // a gateway that opens many mailboxes within a second, with a browser's name
			w.must(w.Opened(w.ctx, issue.ID, reader(99)))
		}
		s := w.numbers(issue.ID)
		w.want("first link", s.Links[0].Visits, 9, 6)
		w.want("second link", s.Links[1].Visits, 7, 7)
		w.want("clicks", s.Clicks, 16, 13)
		w.want("opens", s.Opens, 15, 6)
	})
}

func TestManyLinksWithinSecondsAreAProgram(t *testing.T) {
	inTown(t, func(w *world) {
		populate(w)
		w.more(3)
		c := text("teatro", "2025-03", "")
		c.Blocks[0].Text += " E [poi](https://www.teatro.example/3)."
		issue := w.create(c)
		w.send(issue.ID)
		for scanner := range 5 {
			for link := 1; link <= 3; link++ {
				w.click(issue.ID, link, reader(scanner))
				w.clock.Advance(time.Second)
			}
			w.clock.Advance(time.Minute)
		}
		for person := range 5 {
			for link := 1; link <= 3; link++ {
				w.click(issue.ID, link, reader(100+person))
				w.clock.Advance(20 * time.Second)
			}
		}
		s := w.numbers(issue.ID)
		w.want("clicks", s.Clicks, 30, 15)
		for _, link := range s.Links {
			w.want(link.URL, link.Visits, 10, 5)
		}
	})
}

func TestFewAreNotTold(t *testing.T) {
	inTown(t, func(w *world) {
		for n := range 12 {
			w.citizen(people.Details{Given: fmt.Sprint("P", n)}, false, "teatro", "salute")
		}
		for _, c := range []struct {
			newsletter   string
			visits, left int
			clicks, out  string
		}{
			{"teatro", 4, 4, `"\u003c5"`, `"\u003c5"`}, {"teatro", 5, 0, `5`, `"\u003c5"`}, {"salute", 9, 5, `"\u003c10"`, `"\u003c10"`}, {"salute", 10, 0, `10`, `"\u003c10"`},
		} {
			issue := w.create(text(c.newsletter, "", ""))
			w.send(issue.ID)
			for n := range c.visits {
				w.click(issue.ID, 1, reader(n))
			}
			leaving := w.queued(issue.ID)[:c.left]
			for _, person := range leaving {
				w.must(w.OneClick(w.ctx, w.UnsubscribeToken(person, issue.ID)))
			}
			s := w.numbers(issue.ID)
			clicks, err := json.Marshal(s.Links[0].Filtered)
			w.must(err)
			out, err := json.Marshal(s.Unsubscribed)
			w.must(err)
			if string(clicks) != c.clicks || string(out) != c.out {
				w.Errorf("%s with %d clicks and %d who left shows %s and %s, want %s and %s", c.newsletter, c.visits, c.left, clicks, out, c.clicks, c.out)
			}
			for _, person := range leaving {
				w.must(w.SubscribePerson(w.ctx, person, c.newsletter, "own-page"))
			}
			w.clock.Advance(time.Hour)
		}
	})
}

func TestStatisticsSayWhatBecameOfMessages(t *testing.T) {
	inTown(t, func(w *world) {
		populate(w)
		w.sink.Close() //nolint:errcheck // the first tries find no server
		issue := w.create(text("teatro", "2025-03", ""))
		p := w.send(issue.ID)
		if p.Owed() != 4 || p.Sent != 0 {
			w.Errorf("with the server down: %+v", p)
		}
		waiting, err := w.Issue(w.ctx, issue.ID)
		w.must(err)
		if waiting.State != newsletters.Sending || w.delivery.Relay().Up {
			w.Errorf("with the server down the issue is %s, relay %+v", waiting.State, w.delivery.Relay())
		}
		s, err := w.Statistics(w.ctx, issue.ID)
		w.must(err)
		if s.Recipients != disclosure.Exact(4) || s.Accepted != disclosure.Exact(0) || s.Waiting.Plus(s.Later) != disclosure.Exact(4) {
			w.Errorf("statistics with the server down: %+v", s)
		}
	})
}

func TestRefusalsAreTold(t *testing.T) {
	inTown(t, func(w *world) {
		populate(w)
		w.refuse("bea@mail.example")
		issue := w.create(text("teatro", "2025-03", ""))
		w.send(issue.ID)
		s, err := w.Statistics(w.ctx, issue.ID)
		w.must(err)
		if s.Recipients != disclosure.Exact(4) || s.Accepted != disclosure.Exact(3) || s.Refused != disclosure.Exact(1) || len(s.Reasons) != 1 || s.Reasons[0].Count != disclosure.Exact(1) || s.Reasons[0].State != "refused" {
			w.Errorf("statistics are %+v", s)
		}
		if s.State != newsletters.Sent || len(s.Timeline) != 1 || s.Timeline[0].Sent != disclosure.Exact(3) || s.Timeline[0].Hours != 1 {
			w.Errorf("state %s, timeline %+v", s.State, s.Timeline)
		}
		text, err := json.Marshal(s)
		w.must(err)
		if !strings.Contains(string(text), `"issue":"teatro/2025-03","state":"sent"`) {
			w.Errorf("JSON is %s", text)
		}
	})
}

func TestTimelineStaysShort(t *testing.T) {
	inTown(t, func(w *world) {
		populate(w)
		w.more(3)
		issue := w.create(text("teatro", "2025-03", ""))
		w.send(issue.ID)
		for _, after := range []time.Duration{30 * time.Hour, 20 * 24 * time.Hour, 400 * 24 * time.Hour} {
			w.clock.Set(morning().Add(after))
			for n := range 5 {
				w.click(issue.ID, 1, reader(n))
				w.click(issue.ID, 2, reader(100+n))
			}
			s := w.numbers(issue.ID)
			last := s.Timeline[len(s.Timeline)-1]
			if len(s.Timeline) > 60 || last.From.After(w.clock.Now()) {
				w.Errorf("after %v: %d points, the last %+v", after, len(s.Timeline), last)
			}
		}
	})
}

// TestManyNodesSendOnce: when several nodes call Due and Send at once, everybody gets one message.
func TestManyNodesSendOnce(t *testing.T) {
	inTown(t, func(w *world) {
		populate(w)
		scheduled, pressed := w.create(text("teatro", "due", "")), w.create(text("teatro", "pressed", ""))
		_, err := w.Schedule(w.ctx, scheduled.ID, scheduled.Version, "2025-03-03T12:00", false)
		w.must(err)
		w.clock.Set(morning().Add(2 * time.Hour))
		var nodes sync.WaitGroup
		for range 4 {
			nodes.Go(func() {
				if _, err := w.Due(w.ctx); err != nil {
					w.Error(err)
				}
				if _, err := w.Send(w.ctx, pressed.ID, pressed.Version, false); err != nil {
					w.Error(err)
				}
			})
		}
		nodes.Wait()
		for _, issue := range []newsletters.Issue{scheduled, pressed} {
			w.send(issue.ID)
			w.wantReached("ada bea carla fede")
		}
	})
}

// refuse makes the mail server refuse an address permanently.
func (w *world) refuse(address string) {
	w.refused = func(a deliverytest.Attempt) error {
		if a.To == address {
			return deliverytest.Refuse(550, "5.1.1", "no such mailbox")
		}
		return nil
	}
}

// more adds readers of the theatre, so that they are not fewer than the floor.
func (w *world) more(n int) {
	w.Helper()
	for i := range n {
		w.citizen(people.Details{Given: fmt.Sprint("More", i)}, false, "teatro")
	}
}
