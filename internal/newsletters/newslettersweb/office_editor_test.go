package newslettersweb_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"unoxuno/internal/identity"
	"unoxuno/internal/newsletters"
)

func TestSecondOfTwoEditorsLosesNothing(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		issue := o.draft("teatro")
		o.actor = staff(identity.Editor, "cultura")
		o.wantStatus(o.post(path(issue, ""), fields(issue, "Il testo di Ada")...), http.StatusSeeOther)
		o.actor = staff(identity.Publisher)
		w := o.post(path(issue, ""), fields(issue, "Il testo di Bea")...)
		o.wantStatus(w, http.StatusConflict)
		o.wantText(w, "Il testo di Ada", "Il testo di Bea", "editor@comune.example")

		again := o.post(path(issue, ""), fields(issue, "Il testo di Ada")...)
		if again.Code != http.StatusSeeOther {
			t.Errorf("the same form sent twice: %d", again.Code)
		}

		var mine []string // the form of the conflict page, as a browser sends it
		for _, m := range regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`).FindAllStringSubmatch(w.Body.String(), -1) {
			mine = append(mine, m[1], m[2])
		}
		o.wantStatus(o.post(path(issue, ""), append(mine, "do", "save")...), http.StatusSeeOther)
		if now, err := o.room.Issue(o.ctx(), issue.ID); err != nil || now.Blocks[0].Text != "Il testo di Bea" {
			t.Errorf("after keeping hers: %+v, %v", now.Blocks, err)
		}
	})
}

func TestADraftSavesItselfAndOverwritesNobody(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		issue := o.draft("teatro")
		o.actor = staff(identity.Editor, "cultura")
		save := func(text string) *httptest.ResponseRecorder {
			return o.post(path(issue, ""), append(fields(issue, text), "do", "autosave")...)
		}
		log := func() int {
			all, err := o.audit.AuditLog(o.ctx(), identity.AuditQuery{Limit: 100})
			o.must(err)
			return len(all)
		}
		before := log()
		for _, text := range []string{"Una", "Una frase", "Una frase intera"} {
			w := save(text)
			o.wantStatus(w, http.StatusOK)
			o.wantText(w, "Salvato alle")
			var saved struct {
				Version int64 `json:"version,string"`
			}
			o.must(json.Unmarshal(w.Body.Bytes(), &saved))
			now, err := o.room.Issue(o.ctx(), issue.ID)
			if err != nil || now.Version != saved.Version || now.Blocks[0].Text != text {
				t.Fatalf("saved as version %d: %+v, %v", saved.Version, now.Blocks, err)
			}
			again := save(text) // the same page, before it knew its new version
			issue = now
			o.wantStatus(again, http.StatusOK)
		}
		if lines := log() - before; lines != 1 {
			t.Errorf("three savings in a minute are %d lines of the audit log, want 1", lines)
		}
		mine := issue
		o.actor = staff(identity.Publisher)
		o.wantStatus(save("Il testo di Bea"), http.StatusOK)
		if lines := log() - before; lines != 2 {
			t.Errorf("with somebody else's saving there are %d lines, want 2", lines)
		}
		o.actor = staff(identity.Editor, "cultura")
		issue = mine
		w := save("Il testo di Ada")
		o.wantStatus(w, http.StatusConflict)
		if now, err := o.room.Issue(o.ctx(), issue.ID); err != nil || now.Blocks[0].Text != "Il testo di Bea" {
			t.Errorf("overwritten: %+v, %v", now.Blocks, err)
		}
	})
}

func TestBlocksAreAddedMovedCopiedDroppedAndBroughtBack(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		issue := o.draft("teatro")
		o.actor = staff(identity.Editor, "cultura")
		press := func(button string, more ...string) *httptest.ResponseRecorder {
			now, err := o.room.Issue(o.ctx(), issue.ID)
			o.must(err)
			form := []string{"version", fmt.Sprint(now.Version), "title", now.Title, "slug", now.Slug, "language", now.Language, "do", button}
			for _, b := range now.Blocks {
				form = append(form, "block", b.ID, b.ID+".kind", string(b.Kind), b.ID+".text", b.Text, b.ID+".level", fmt.Sprint(b.Level))
			}
			return o.post(path(issue, ""), append(form, more...)...)
		}
		wantOrder := func(after, want string) {
			t.Helper()
			now, err := o.room.Issue(o.ctx(), issue.ID)
			o.must(err)
			var ids []string
			for _, b := range now.Blocks {
				ids = append(ids, b.ID+" "+string(b.Kind))
			}
			if got := strings.Join(ids, ", "); got != want {
				t.Errorf("after %s: %s, want %s", after, got, want)
			}
		}
		if w := press("add:heading"); w.Header().Get("Location") != path(issue, "#block-b2") {
			t.Errorf("after adding: %q", w.Header().Get("Location"))
		}
		wantOrder("add", "b1 text, b2 heading")
		press("up:b2")
		wantOrder("up", "b2 heading, b1 text")
		press("copy:b2")
		wantOrder("copy", "b2 heading, b3 heading, b1 text")
		press("add:divider", "after", "b2")
		wantOrder("add after", "b2 heading, b4 divider, b3 heading, b1 text")
		w := press("drop:b1")
		wantOrder("drop", "b2 heading, b4 divider, b3 heading")
		o.wantText(w, "Annulla", "Goldoni")
		press("undrop", "dropped", `{"id":"b1","kind":"text","text":"Si parte"}`, "dropped_at", "1")
		wantOrder("undo", "b2 heading, b1 text, b4 divider, b3 heading")
		press("down:b3")
		press("explode:b3")
		wantOrder("nonsense", "b2 heading, b1 text, b4 divider, b3 heading")
	})
}

func TestImagesAreTakenAndHugeOnesLoseNothing(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		issue := o.draft("teatro")
		o.actor = staff(identity.Editor, "cultura")
		var picture bytes.Buffer
		o.must(png.Encode(&picture, image.NewRGBA(image.Rect(0, 0, 4, 4))))
		form := append(fields(issue, "Testo appena scritto"), "block", "b2", "b2.kind", "image", "b2.alt", "Un sipario")

		w := o.upload(path(issue, ""), "b2.file", bytes.Repeat([]byte("x"), newsletters.MaxImage+100), form...)
		o.wantStatus(w, http.StatusUnprocessableEntity)
		o.wantText(w, "Testo appena scritto", "Un sipario", "f-b2.file-error")

		now, err := o.room.Issue(o.ctx(), issue.ID)
		o.must(err)
		form[1] = fmt.Sprint(now.Version)
		o.wantStatus(o.upload(path(issue, ""), "b2.file", picture.Bytes(), form...), http.StatusSeeOther)
		now, err = o.room.Issue(o.ctx(), issue.ID)
		if err != nil || len(now.Blocks) != 2 || !strings.HasPrefix(now.Blocks[1].URL, "/media/") || now.Blocks[0].Text != "Testo appena scritto" {
			t.Errorf("blocks %+v, %v", now.Blocks, err)
		}

		head := "--x\r\nContent-Disposition: form-data; name=\"b2.file\"; filename=\"a.png\"\r\n\r\n"
		r := httptest.NewRequest(http.MethodPost, path(issue, ""), io.MultiReader(strings.NewReader(head), io.LimitReader(endless{}, 41<<20)))
		r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
		o.wantStatus(o.serve(r), http.StatusRequestEntityTooLarge)
	})
}

// endless is a file without end.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }
