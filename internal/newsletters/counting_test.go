package newsletters_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"unoxuno/internal/fault"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/seal"
)

// counted returns the visits of the issue's links and openings in the database.
func (w *world) counted(issue int64) (clicks, opens int64) {
	w.Helper()
	w.must(w.db.QueryRowContext(w.ctx, `SELECT COALESCE(SUM(CASE WHEN n > 0 THEN visits ELSE 0 END), 0),
		COALESCE(SUM(CASE WHEN n = 0 THEN visits ELSE 0 END), 0) FROM newsletters_visits WHERE issue_id = $1`, issue).Scan(&clicks, &opens))
	return clicks, opens
}

// rename renames a table, so that writes to it fail, or back.
func (w *world) rename(from, to string) {
	w.Helper()
	_, err := w.db.ExecContext(w.ctx, "ALTER TABLE "+from+" RENAME TO "+to)
	w.must(err)
}

func (w *world) sentIssue() newsletters.Issue {
	w.Helper()
	populate(w)
	issue := w.create(text("teatro", "2025-03", ""))
	w.send(issue.ID)
	return issue
}

// TestVisitsOfAllNodesAddUp: several nodes count at once and flush the same rows again and again.
func TestVisitsOfAllNodesAddUp(t *testing.T) {
	inTown(t, func(w *world) {
		issue := w.sentIssue()
		nodes := []*newsletters.Room{w.Room, newsletters.New(w.Deps, newsletters.Settings{}), newsletters.New(w.Deps, newsletters.Settings{})}
		const readers, rounds = 4, 100
		var counting, flushing sync.WaitGroup
		done := make(chan struct{})
		for _, node := range nodes {
			for n := range readers {
				counting.Go(func() {
					for range rounds {
						if _, err := node.Clicked(w.ctx, issue.ID, 1+n%2, reader(n)); err != nil {
							w.Error(err)
						}
						if err := node.Opened(w.ctx, issue.ID, reader(n)); err != nil {
							w.Error(err)
						}
					}
				})
			}
			flushing.Go(func() {
				for {
					if err := node.Flush(w.ctx); err != nil {
						w.Error(err)
					}
					select {
					case <-done:
						return
					default:
					}
				}
			})
		}
		counting.Wait()
		close(done)
		flushing.Wait()
		for _, node := range nodes {
			w.must(node.Close(w.ctx))
		}
		const want = 3 * readers * rounds
		if clicks, opens := w.counted(issue.ID); clicks != want || opens != want {
			w.Errorf("%d clicks and %d openings, want %d of each", clicks, opens, want)
		}
		var least int64
		w.must(w.db.QueryRowContext(w.ctx, "SELECT MIN(filtered) FROM newsletters_visits").Scan(&least))
		if least < 0 {
			w.Errorf("a row has %d visits of people", least)
		}
	})
}

func TestWhatAFlushCouldNotWriteIsKept(t *testing.T) {
	inTown(t, func(w *world) {
		issue := w.sentIssue()
		w.click(issue.ID, 1, reader(1))
		w.rename("newsletters_visits", "newsletters_away")
		for n := range 3 {
			if err := w.Flush(w.ctx); err == nil {
				w.Error("a flush without its table succeeds")
			}
			w.click(issue.ID, 1, reader(n))
			w.must(w.Opened(w.ctx, issue.ID, reader(n)))
		}
		if n := w.Unwritten(); n != 7 {
			w.Errorf("%d visits wait, want 7", n)
		}
		ended, cancel := context.WithCancel(w.ctx)
		cancel()
		if err := w.Close(ended); err == nil || !strings.Contains(err.Error(), "7 visits") {
			w.Errorf("closed without a database: %v", err)
		}
		w.rename("newsletters_away", "newsletters_visits")
		w.must(w.Close(w.ctx))
		if clicks, opens := w.counted(issue.ID); clicks != 4 || opens != 3 || w.Unwritten() != 0 {
			w.Errorf("%d clicks and %d openings, want 4 and 3; %d wait", clicks, opens, w.Unwritten())
		}
	})
}

// TestLinksAreAnsweredFromMemory: once an issue's links are known, they work whatever happens to the database.
func TestLinksAreAnsweredFromMemory(t *testing.T) {
	inTown(t, func(w *world) {
		issue := w.sentIssue()
		w.click(issue.ID, 1, reader(1))
		stranger := issue.ID + 1
		if err := w.Opened(w.ctx, stranger, reader(1)); !fault.Is(err, fault.KindNotFound) {
			w.Errorf("a missing issue: %v", err)
		}
		w.rename("newsletters_issue", "newsletters_away")
		w.click(issue.ID, 2, reader(1))
		w.must(w.Opened(w.ctx, issue.ID, reader(1)))
		if err := w.Opened(w.ctx, stranger, reader(1)); !fault.Is(err, fault.KindNotFound) {
			w.Errorf("a missing issue is looked up again at once: %v", err)
		}
		w.clock.Advance(10 * time.Second)
		if err := w.Opened(w.ctx, stranger, reader(1)); err == nil || fault.Is(err, fault.KindNotFound) {
			w.Errorf("a missing issue is never looked up again: %v", err)
		}
		w.rename("newsletters_away", "newsletters_issue")
		if err := w.Opened(w.ctx, stranger, reader(1)); !fault.Is(err, fault.KindNotFound) {
			w.Errorf("a failure is cached: %v", err)
		}
		if w.Unwritten() != 3 {
			w.Errorf("%d visits, want 3", w.Unwritten())
		}
	})
}

func TestHeadCountsNowhere(t *testing.T) {
	inTown(t, func(w *world) {
		issue := w.sentIssue()
		head := reader(1)
		head.Method = http.MethodHead
		w.click(issue.ID, 1, head)
		w.must(w.Opened(w.ctx, issue.ID, head))
		if n := w.Unwritten(); n != 0 {
			w.Errorf("%d visits by HEAD are counted", n)
		}
	})
}

// TestKeepCountingFlushes: the loop writes by itself and ends with its context.
func TestKeepCountingFlushes(t *testing.T) {
	inTown(t, func(w *world) {
		issue := w.sentIssue()
		w.click(issue.ID, 1, reader(1))
		ctx, stop := context.WithCancel(w.ctx)
		ended := make(chan error)
		go func() { ended <- w.KeepCounting(ctx) }()
		for tries := 0; w.Unwritten() > 0; tries++ {
			select {
			case <-time.After(20 * time.Millisecond):
			case err := <-ended:
				w.Fatalf("the loop ended by itself: %v", err)
			}
			if tries > 1000 {
				w.Fatal("nothing is written")
			}
		}
		stop()
		w.must(<-ended)
		if clicks, _ := w.counted(issue.ID); clicks != 1 {
			w.Errorf("%d clicks are written", clicks)
		}
	})
}

func TestLinkTokensCannotBeForged(t *testing.T) {
	room := newsletters.New(newsletters.Deps{Sealer: seal.New([]byte("secret of a test"))}, newsletters.Settings{})
	other := newsletters.New(newsletters.Deps{Sealer: seal.New([]byte("another secret"))}, newsletters.Settings{})
	rapid.Check(t, func(t *rapid.T) {
		issue, n := rapid.Int64Min(1).Draw(t, "issue"), rapid.IntRange(1, 1000).Draw(t, "n")
		token := strings.TrimPrefix(room.LinkPath(issue, n), "/l/")
		if gotIssue, gotN, err := room.OpenLink(token); err != nil || gotIssue != issue || gotN != n || len(token) > 22 {
			t.Fatalf("%s of %d/%d opens as %d/%d: %v", token, issue, n, gotIssue, gotN, err)
		}
		if _, _, err := other.OpenLink(token); !fault.Is(err, fault.KindNotFound) {
			t.Fatalf("opened with another secret: %v", err)
		}
		at := rapid.IntRange(0, len(token)-1).Draw(t, "at")
		forged := []byte(token)
		forged[at] = rapid.SampledFrom([]byte("AZaz09-_=./")).Filter(func(b byte) bool { return b != token[at] }).Draw(t, "to")
		if _, _, err := room.OpenLink(string(forged)); err == nil {
			t.Fatalf("opened %s for %s", forged, token)
		}
	})
}

func FuzzOpenLink(f *testing.F) {
	room := newsletters.New(newsletters.Deps{Sealer: seal.New([]byte("secret of a test"))}, newsletters.Settings{})
	f.Add("")
	f.Add(strings.TrimPrefix(room.LinkPath(1, 1), "/l/"))
	f.Fuzz(func(t *testing.T, token string) {
		issue, n, err := room.OpenLink(token)
		if err == nil && n > 0 && room.LinkPath(issue, n) != "/l/"+token {
			t.Errorf("%q opens as %d/%d", token, issue, n)
		}
	})
}
