package newsletters_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"unoxuno/internal/access"
	"unoxuno/internal/content"
	"unoxuno/internal/fault"
	"unoxuno/internal/identity"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
)

func TestTheSecondOfTwoEditorsIsTold(t *testing.T) {
	inTown(t, func(w *world) {
		issue := w.create(text("teatro", "2025-03", ""))
		hers, his := issue.Content(), issue.Content()
		hers.Title, his.Title = "Da lei", "Da lui"
		w.clock.Advance(5 * time.Minute)
		first, err := w.Save(w.actAs(identity.Publisher), issue.ID, issue.Version, hers)
		w.must(err)
		_, err = w.Save(w.actAs(identity.Editor, "ufficio-cultura"), issue.ID, issue.Version, his)
		if !fault.Is(err, fault.KindConflict) || !fault.HasKey(err, "newsletters.issue.stale") {
			w.Fatalf("the second save gave %v", err)
		}
		if args := fault.List(err)[0].Args; args["Who"] != "publisher@comune.example" || args["When"] != "3 marzo 2025, 10:05" {
			w.Errorf("the conflict says %v", args)
		}
		if err := w.Delete(w.ctx, issue.ID, issue.Version); !fault.HasKey(err, "newsletters.issue.stale") {
			w.Errorf("a stale delete gave %v", err)
		}
		kept, err := w.Issue(w.ctx, issue.ID)
		w.must(err)
		if diff := cmp.Diff(first, kept); diff != "" || kept.Title != "Da lei" {
			w.Errorf("(-saved +kept):\n%s", diff)
		}
		w.must(w.Delete(w.ctx, issue.ID, kept.Version))
		if _, err := w.Issue(w.ctx, issue.ID); !fault.Is(err, fault.KindNotFound) {
			w.Errorf("a deleted draft is still there: %v", err)
		}
	})
}

func TestRightsEndAtTheNewsroom(t *testing.T) {
	inTown(t, func(w *world) {
		issue := w.create(text("concerti", "2025-03", ""))
		stranger, editor := w.actAs(identity.Publisher, "ufficio-cultura"), w.actAs(identity.Editor, "amici-della-musica")
		tries := map[string]error{}
		_, tries["create"] = w.Create(stranger, text("concerti", "", ""))
		_, tries["read"] = w.Issue(stranger, issue.ID)
		_, tries["save"] = w.Save(stranger, issue.ID, issue.Version, issue.Content())
		tries["delete"] = w.Delete(stranger, issue.ID, issue.Version)
		_, tries["count"] = w.Reach(stranger, issue.ID)
		_, tries["count anew"] = w.ReachOf(stranger, newsletters.Issue{Newsletter: "concerti"}, "")
		_, tries["preview"] = w.PreviewHTML(stranger, issue.ID, "it")
		tries["test"] = w.TestSend(stranger, issue.ID, "")
		_, tries["send"] = w.Send(stranger, issue.ID, issue.Version, true)
		_, tries["schedule"] = w.Schedule(stranger, issue.ID, issue.Version, "2025-12-01T10:00", true)
		_, tries["cancel"] = w.Cancel(stranger, issue.ID)
		_, tries["unschedule"] = w.Unschedule(stranger, issue.ID)
		_, tries["statistics"] = w.Statistics(stranger, issue.ID)
		_, tries["progress"] = w.Progress(stranger, issue.ID)
		_, tries["put"] = w.Put(stranger, text("concerti", "2025-03", ""))
		_, tries["archive"] = w.Archive(stranger, text("concerti", "2024", ""), morning().Add(-time.Hour))
		_, tries["upload"] = w.Upload(stranger, "amici-della-musica", nil)
		tries["newsroom"] = w.PutNewsroom(stranger, newsletters.Newsroom{Slug: "x"})
		_, tries["editor sends"] = w.Send(editor, issue.ID, issue.Version, true)
		_, tries["editor schedules"] = w.Schedule(editor, issue.ID, issue.Version, "2025-12-01T10:00", true)
		_, tries["visitor sends"] = w.Send(access.With(w.ctx, access.Actor{}), issue.ID, issue.Version, true)
		for what, err := range tries {
			if !fault.Is(err, fault.KindForbidden) {
				w.Errorf("%s: %v, want to be forbidden", what, err)
			}
		}
		if _, err := w.Save(editor, issue.ID, issue.Version, issue.Content()); err != nil {
			w.Errorf("the editor of the newsroom cannot write: %v", err)
		}
		list, err := w.Issues(stranger, newsletters.IssueQuery{})
		w.must(err)
		if len(list.Issues) != 0 {
			w.Errorf("another newsroom's editor sees %v", list.Issues)
		}
		board, err := w.Board(editor)
		w.must(err)
		if len(board.Drafts) != 1 || board.Newsletters != 1 {
			w.Errorf("the editor's board is %+v", board)
		}
	})
}

func TestPutIsSafeToRepeat(t *testing.T) {
	inTown(t, func(w *world) {
		populate(w)
		put := func(c newsletters.Content) newsletters.Issue {
			w.Helper()
			i, err := w.Put(w.ctx, c)
			w.must(err)
			return i
		}
		c := text("teatro", "2025-03", "")
		first := put(c)
		if again := put(c); again.ID != first.ID || again.Version != first.Version {
			w.Errorf("the same again made %+v of %+v", again, first)
		}
		c.Title = "Corretto"
		if changed := put(c); changed.ID != first.ID || changed.Title != "Corretto" {
			w.Errorf("a draft is not corrected: %+v", changed)
		}
		w.send(first.ID)
		if sent := put(c); sent.State != newsletters.Sent {
			w.Errorf("the same file of what was sent gave %+v", sent)
		}
		c.Title = "Troppo tardi"
		if _, err := w.Put(w.ctx, c); !fault.Is(err, fault.KindConflict) || !fault.HasKey(err, "newsletters.issue.closed") {
			w.Errorf("what was sent is changed: %v", err)
		}
	})
}

func TestMistakesAreToldOnTheirFields(t *testing.T) {
	inTown(t, func(w *world) {
		c := text("teatro", "Città viva", `"genitor" in who`)
		c.Title, c.Language = " ", "italiano!"
		_, err := w.Create(w.ctx, c)
		fields := map[string]bool{}
		for _, f := range fault.List(err) {
			fields[f.Field] = true
			if said := w.words.SayWith("it", f.Key, f.Args); said == f.Key || strings.Contains(said, "<no value>") {
				w.Errorf("%v has no sentence: %q", f, said)
			}
		}
		for _, field := range []string{"title", "slug", "language", "audience"} {
			if !fields[field] {
				w.Errorf("no fault on %s: %v", field, err)
			}
		}
		_, err = w.Create(w.ctx, text("teatri", "x", ""))
		if !fault.HasKey(err, "newsletters.newsletter.unknown_near") || fault.List(err)[0].Args["Near"] != "teatro" {
			w.Errorf("an unknown newsletter gave %v", err)
		}
		w.create(text("teatro", "x", ""))
		if _, err := w.Create(w.ctx, text("teatro", "x", "")); !fault.HasKey(err, "newsletters.slug.taken") {
			w.Errorf("a slug that is taken gave %v", err)
		}
		one, two := w.create(text("teatro", "", "")), w.create(text("teatro", "", ""))
		if one.Slug != "il-cartellone-di-dicembre" || two.Slug != "il-cartellone-di-dicembre-2" {
			w.Errorf("slugs are %s and %s", one.Slug, two.Slug)
		}
		c = text("teatro", "unfinished", "")
		c.Blocks = append(c.Blocks, content.Block{ID: "b3", Kind: content.KindImage, URL: "/media/x.png"})
		issue := w.create(c) // a draft may be unfinished; what is sent may not
		if _, err := w.Send(w.ctx, issue.ID, issue.Version, true); !fault.HasKey(err, "content.image.alt.empty") {
			w.Errorf("an unfinished issue is sent: %v", err)
		}
	})
}

func TestFindIssue(t *testing.T) {
	inTown(t, func(w *world) {
		theatre, music := w.create(text("teatro", "2025-03", "")), w.create(text("concerti", "2025-03", ""))
		alone := w.create(text("concerti", "primavera", ""))
		for ref, want := range map[string]int64{"teatro/2025-03": theatre.ID, "concerti/2025-03": music.ID, "primavera": alone.ID} {
			if got, err := w.FindIssue(w.ctx, ref); err != nil || got.ID != want {
				w.Errorf("%s is %d, %v", ref, got.ID, err)
			}
		}
		if _, err := w.FindIssue(w.ctx, "2025-03"); !fault.HasKey(err, "newsletters.issue.ambiguous") {
			w.Errorf("an ambiguous slug gave %v", err)
		}
		if _, err := w.FindIssue(w.ctx, "estate"); !fault.Is(err, fault.KindNotFound) {
			w.Errorf("an unknown slug gave %v", err)
		}
	})
}

func TestPreviewAndTestSend(t *testing.T) {
	inTown(t, func(w *world) {
		issue := w.create(text("teatro", "2025-03", ""))
		html, err := w.PreviewHTML(w.ctx, issue.ID, "en")
		w.must(err)
		plain, err := w.PreviewText(w.ctx, issue.ID, "it")
		w.must(err)
		if !strings.Contains(string(plain), "Ciao Maria,") || !strings.Contains(string(html), "Mary") ||
			!strings.Contains(string(html), "https://www.teatro.example/goldoni") || strings.Contains(string(html), "/o/") {
			w.Errorf("preview:\n%s\n%s", plain, html)
		}
		editor := w.actAs(identity.Editor, "ufficio-cultura")
		if err := w.TestSend(editor, issue.ID, "ada@mail.example"); !fault.Is(err, fault.KindForbidden) {
			w.Errorf("a test goes elsewhere: %v", err)
		}
		w.must(w.TestSend(editor, issue.ID, ""))
		mails := w.sink.Mails()
		if len(mails) != 1 || mails[0].To != "editor@comune.example" || mails[0].Subject() != "[Prova] Il cartellone di dicembre" {
			w.Fatalf("test mails: %v", mails)
		}
		header := mails[0].Header("List-Unsubscribe")
		token := strings.TrimSuffix(strings.TrimPrefix(header, "<https://uno.comune.example/u/"), ">")
		if err := w.OneClick(w.ctx, token); err != nil {
			w.Errorf("the way out of a test mail fails: %v", err)
		}
	})
}

func TestArchive(t *testing.T) {
	inTown(t, func(w *world) {
		then := time.Date(2019, 5, 1, 8, 0, 0, 0, time.UTC)
		old, err := w.Archive(w.ctx, text("teatro", "2019-05", ""), then)
		w.must(err)
		again, err := w.Archive(w.ctx, text("teatro", "2019-05", ""), then)
		w.must(err)
		if old.ID != again.ID || !old.Archived || old.State != newsletters.Sent || !old.Sent.Equal(then) {
			w.Errorf("archived %+v, then %+v", old, again)
		}
		w.citizen(people.Details{Given: "Ada"}, false, "teatro")
		if d, err := w.Send(w.ctx, old.ID, old.Version, false); err != nil || d.Batch.Messages != 0 {
			w.Errorf("an archived issue is sent: %+v, %v", d, err)
		}
		w.wantReached("")
		w.send(w.create(text("teatro", "2025-03", "")).ID)
		w.create(text("teatro", "draft", ""))
		list, err := w.Archived(w.ctx, "teatro", 1)
		w.must(err)
		if len(list.Issues) != 2 || list.Issues[0].Slug != "2025-03" || list.Issues[1].Slug != "2019-05" || list.Issues[1].Text != "Si parte con Goldoni." {
			w.Errorf("archive is %+v", list)
		}
		page, err := w.ReadArchived(w.ctx, "teatro", "2019-05")
		w.must(err)
		if !strings.Contains(string(page.HTML), "https://www.teatro.example/goldoni") || page.Newsletter.Slug != "teatro" {
			w.Errorf("page is %s", page.HTML)
		}
		if _, err := w.ReadArchived(w.ctx, "teatro", "draft"); !fault.Is(err, fault.KindNotFound) {
			w.Errorf("a draft is public: %v", err)
		}
		latest, err := w.Latest(w.ctx, 5)
		w.must(err)
		if len(latest) != 2 {
			w.Errorf("latest are %+v", latest)
		}
		if _, err := w.Archive(w.ctx, text("teatro", "2030", ""), morning().Add(time.Hour)); !fault.HasKey(err, "newsletters.archive.date") {
			w.Errorf("the future is archived: %v", err)
		}
	})
}
