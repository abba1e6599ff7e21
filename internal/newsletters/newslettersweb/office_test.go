package newslettersweb_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/content"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/email"
	"unoxuno/internal/identity"
	"unoxuno/internal/locale"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/newsletters/newslettersweb"
	"unoxuno/internal/people"
	"unoxuno/internal/seal"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
	"unoxuno/internal/taxonomy"
	"unoxuno/internal/town"
	"unoxuno/internal/web"
)

// office is a site with the office's pages on real rooms; whoever is its actor asks.
type office struct {
	*testing.T
	room   *newsletters.Room
	people *people.People
	now    *clock.Manual
	site   *web.Site
	actor  access.Actor
	relay  email.Health
}

func staff(role identity.Role, newsrooms ...string) access.Actor {
	return access.Actor{
		Kind: access.StaffAct, ID: 1, Name: string(role) + "@comune.example", Permissions: role.Permissions(), Newsrooms: newsrooms,
	}
}

func newOffice(t *testing.T) *office {
	t.Helper()
	db := storagetest.Open(t, storage.SQLite,
		storage.Schema{Room: "identity", Files: identity.Schema()}, storage.Schema{Room: "town", Files: town.Schema()},
		storage.Schema{Room: "taxonomy", Files: taxonomy.Schema()}, storage.Schema{Room: "delivery", Files: delivery.Schema()},
		storage.Schema{Room: "people", Files: people.Schema()}, storage.Schema{Room: "newsletters", Files: newsletters.Schema()})
	words, err := locale.Load(newsletters.Words(), content.Words(), people.Words(), delivery.Words(), identity.Words(),
		taxonomy.Words(), newslettersweb.OfficeWords(), web.Words())
	if err != nil {
		t.Fatal(err)
	}
	o := &office{T: t, now: clock.At(time.Date(2025, 3, 3, 9, 0, 0, 0, time.UTC)), relay: email.Health{Configured: true, Up: true}}
	o.actor = access.Actor{Kind: access.Console, Name: "console"}
	sealer, log := seal.New([]byte("secret of a test")), slog.New(slog.DiscardHandler)
	terms, towns := taxonomy.New(db), town.New(db, o.now)
	o.people = people.New(db, o.now, terms, people.Town{Region: "IT", Zone: time.UTC, Languages: []string{"it", "en"}})
	post, err := delivery.New(db, o.now, sealer, log, delivery.Settings{Domain: "comune.example"})
	if err != nil {
		t.Fatal(err)
	}
	o.room = newsletters.New(newsletters.Deps{
		DB: db, Clock: o.now, Sealer: sealer, Words: words, Log: log, Identity: identity.New(db, o.now, sealer), Town: towns,
		Taxonomy: terms, People: o.people, Delivery: post,
	}, newsletters.Settings{PublicURL: "https://uno.comune.example"})
	post.Plug(newsletters.Origin, o.room)
	o.people.PlugSubscriptions(o.room)
	pages := newslettersweb.New(newslettersweb.Options{
		Newsletters: o.room, People: o.people, Taxonomy: terms, Clock: o.now, Relay: func() email.Health { return o.relay },
	})
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	o.site, err = web.New(web.Options{
		Words: words, Clock: o.now, Log: log, PublicURL: "https://uno.comune.example",
		Town: func(context.Context) web.Town {
			return web.Town{Name: "Comune di Esempio", Languages: []string{"it", "en"}, Zone: rome}
		},
		Authenticate: func(http.ResponseWriter, *http.Request) (access.Actor, error) { return o.actor, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.site.Handle(pages.OfficeRoutes()...); err != nil {
		t.Fatal(err)
	}
	o.declare(terms)
	return o
}

// declare makes two newsrooms with a newsletter each, and a subscriber of the first.
func (o *office) declare(terms *taxonomy.Taxonomy) {
	o.Helper()
	ctx := o.ctx()
	o.must(terms.EnsureDefaults(ctx))
	name := func(it string) taxonomy.Name { return taxonomy.Name{IT: it, EN: it} }
	for slug, newsletter := range map[string]string{"cultura": "teatro", "musica": "concerti"} {
		o.must(o.room.PutNewsroom(ctx, newsletters.Newsroom{Slug: slug, Name: name(slug), Kind: newsletters.Office}))
		o.must(o.room.PutNewsletter(ctx, newsletters.Newsletter{
			Slug: newsletter, Newsroom: newsletters.Newsroom{Slug: slug}, Name: name(newsletter), Description: name("Che cosa c'è"), Period: "monthly",
		}))
	}
	person, err := o.people.Register(ctx, people.Details{Given: "Ada"},
		[]people.Contact{{Channel: people.Email, Value: "ada@mail.example", Verified: true}}, nil)
	o.must(err)
	o.must(o.room.SubscribePerson(ctx, person, "teatro", "desk"))
}

func (o *office) ctx() context.Context {
	return access.With(o.Context(), access.Actor{Kind: access.Console, Name: "console"})
}

func (o *office) must(err error) {
	o.Helper()
	if err != nil {
		o.Fatal(err)
	}
}

// draft is an issue of the newsletter that is ready to send.
func (o *office) draft(newsletter string) newsletters.Issue {
	o.Helper()
	issue, err := o.room.Create(o.ctx(), newsletters.Content{
		Newsletter: newsletter, Title: "Il cartellone", Language: "it",
		Blocks: []content.Block{{ID: "b1", Kind: content.KindText, Text: "Si parte con [Goldoni](https://teatro.example)."}},
	})
	o.must(err)
	return issue
}

func (o *office) serve(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	o.site.ServeHTTP(w, r)
	return w
}

func (o *office) get(path string) *httptest.ResponseRecorder {
	return o.serve(httptest.NewRequest(http.MethodGet, path, nil))
}

func (o *office) post(path string, pairs ...string) *httptest.ResponseRecorder {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return o.serve(r)
}

// upload sends a form with a file, as the editor does.
func (o *office) upload(path, field string, file []byte, pairs ...string) *httptest.ResponseRecorder {
	o.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i+1 < len(pairs); i += 2 {
		o.must(form.WriteField(pairs[i], pairs[i+1]))
	}
	part, err := form.CreateFormFile(field, "photo.png")
	o.must(err)
	_, err = part.Write(file)
	o.must(err)
	o.must(form.Close())
	r := httptest.NewRequest(http.MethodPost, path, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return o.serve(r)
}

func (o *office) wantStatus(w *httptest.ResponseRecorder, status int) {
	o.Helper()
	if w.Code != status {
		o.Errorf("status %d, want %d; location %q, body:\n%.1500s", w.Code, status, w.Header().Get("Location"), w.Body)
	}
}

func (o *office) wantText(w *httptest.ResponseRecorder, texts ...string) {
	o.Helper()
	for _, text := range texts {
		if !strings.Contains(w.Body.String(), text) {
			o.Errorf("page lacks %q:\n%s", text, w.Body)
		}
	}
}

func path(issue newsletters.Issue, below string) string {
	return fmt.Sprintf("/office/issues/%d%s", issue.ID, below)
}

// fields are the editor's form of an issue with one text block.
func fields(issue newsletters.Issue, text string) []string {
	return []string{
		"version", fmt.Sprint(issue.Version), "title", issue.Title, "slug", issue.Slug, "language", issue.Language,
		"block", "b1", "b1.kind", "text", "b1.text", text,
	}
}

// TestEveryOfficePageIsWhole opens each page of the route table, in both languages: one h1, no missing word.
func TestEveryOfficePageIsWhole(t *testing.T) {
	o := newOffice(t)
	draft, sent := o.draft("teatro"), o.draft("teatro")
	_, err := o.room.Send(o.ctx(), sent.ID, false)
	o.must(err)
	o.actor = staff(identity.Administrator)
	missing := regexp.MustCompile(`\b(web|newsletters|newslettersweb|delivery|content|audit)\.[a-z_]+[.a-z_]*[a-z]`)
	fill := func(pattern, id string) string {
		return strings.NewReplacer("{id}", id, "{newsletter}", "teatro", "{newsroom}", "cultura").Replace(pattern)
	}
	for _, route := range o.site.Routes() {
		if route.Method() != http.MethodGet || route.Kind != web.Page && route.Kind != web.Fragment {
			continue
		}
		for _, issue := range []newsletters.Issue{draft, sent} {
			for _, prefix := range []string{"", "/en"} {
				address := prefix + fill(route.Path(), fmt.Sprint(issue.ID))
				w := o.get(address)
				if w.Code == http.StatusSeeOther && issue.ID == sent.ID {
					continue // a page about drafts only
				}
				o.wantStatus(w, http.StatusOK)
				body := w.Body.String()
				if n := strings.Count(body, "<h1"); route.Kind == web.Page && n != 1 {
					t.Errorf("%s has %d h1", address, n)
				}
				if key := missing.FindString(body); key != "" {
					t.Errorf("%s shows the key %s", address, key)
				}
			}
		}
	}
}

func TestEditorsWriteAndDoNotSend(t *testing.T) {
	o := newOffice(t)
	issue, other := o.draft("teatro"), o.draft("concerti")
	o.actor = staff(identity.Editor, "cultura")
	o.wantStatus(o.post(path(issue, ""), fields(issue, "Nuovo testo")...), http.StatusSeeOther)
	for _, w := range []*httptest.ResponseRecorder{
		o.get(path(issue, "/send")), o.post(path(issue, "/send"), "version", "2"), o.post(path(issue, "/schedule"), "at", "2025-04-01T09:00"),
		o.post(path(issue, "/cancel")), o.get("/office/newsrooms"), o.post("/office/newsletters/new", "slug", "x"),
		o.get(path(other, "")), o.post(path(other, ""), fields(other, "Non mio")...), o.get(path(other, "/preview.html")),
		o.get("/office/newsletters/concerti"),
	} {
		o.wantStatus(w, http.StatusForbidden)
	}
	if now, err := o.room.Issue(o.ctx(), issue.ID); err != nil || now.State != newsletters.Draft {
		t.Errorf("issue %+v, %v", now, err)
	}
	if strings.Contains(o.get(path(issue, "")).Body.String(), path(issue, "/send")) {
		t.Error("an editor is offered to send")
	}
}

func TestSecondOfTwoEditorsLosesNothing(t *testing.T) {
	o := newOffice(t)
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
}

func TestBlocksAreAddedMovedCopiedDroppedAndBroughtBack(t *testing.T) {
	o := newOffice(t)
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
}

func TestImagesAreTakenAndHugeOnesLoseNothing(t *testing.T) {
	o := newOffice(t)
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
}

// endless is a file that does not end by itself.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestPreviewCanDoNothing(t *testing.T) {
	o := newOffice(t)
	issue := o.draft("teatro")
	o.actor = staff(identity.Editor, "cultura")
	for _, kind := range []string{"html", "txt"} {
		w := o.get(path(issue, "/preview."+kind))
		o.wantStatus(w, http.StatusOK)
		o.wantText(w, "Goldoni")
		policy := w.Header().Get("Content-Security-Policy")
		if policy != "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'self'" {
			t.Errorf("policy of %s: %q", kind, policy)
		}
	}
	o.wantText(o.get(path(issue, "/preview")), `sandbox=""`, path(issue, "/preview.html"))
}

func TestAudienceIsWrittenCountedAndMended(t *testing.T) {
	o := newOffice(t)
	issue := o.draft("teatro")
	o.actor = staff(identity.Editor, "cultura")
	version := fmt.Sprint(issue.Version)
	vocabulary, err := o.people.Vocabulary(o.ctx())
	o.must(err)
	category, place := vocabulary.Categories.InUse()[0].Slug, taxonomy.Outside

	w := o.post(path(issue, "/audience"), "version", version, "do", "compose", "who", category, "place", place, "age_from", "18", "age_to", "")
	o.wantStatus(w, http.StatusOK)
	o.wantText(w, fmt.Sprintf("&#34;%s&#34; in who and place == &#34;%s&#34; and age &gt;= 18", category, place), "non lo riceve nessuno")
	o.wantText(o.post(path(issue, "/audience"), "version", version, "do", "compose", "age_from", "molti"), "da 0 a 120")

	o.wantText(o.get(path(issue, "/reach?audience=")), "1 persona")
	o.wantText(o.get(path(issue, "/reach?audience="+url.QueryEscape(`"`+category[:len(category)-1]+`" in who`))), category)

	wrong := `"` + category[:len(category)-1] + `" in who`
	w = o.post(path(issue, "/audience"), "version", version, "audience", wrong)
	o.wantStatus(w, http.StatusUnprocessableEntity)
	o.wantText(w, category[:len(category)-1]+"&#34; in who</textarea>")

	o.wantStatus(o.post(path(issue, "/audience"), "version", version, "audience", "age >= 18"), http.StatusSeeOther)
	w = o.post(path(issue, "/audience"), "version", version, "audience", "age >= 65")
	o.wantStatus(w, http.StatusConflict)
	o.wantText(w, "age &gt;= 65</textarea>")
}

func TestSendingAsksFirst(t *testing.T) {
	o := newOffice(t)
	issue := o.draft("teatro")
	o.actor = staff(identity.Publisher, "cultura")
	o.relay = email.Health{Configured: true, Address: "relay.example:25", Trouble: "connection refused", Since: o.now.Now()}
	version := fmt.Sprint(issue.Version)
	o.wantText(o.get(path(issue, "/send")), "Lo riceve 1 persona", "1 per iscrizione", "relay.example:25")

	o.wantStatus(o.post(path(issue, "/audience"), "version", version, "audience", "age >= 120"), http.StatusSeeOther)
	w := o.post(path(issue, "/send"), "version", version)
	o.wantStatus(w, http.StatusUnprocessableEntity)
	o.wantText(w, "Nel frattempo il numero è cambiato")
	issue, err := o.room.Issue(o.ctx(), issue.ID)
	o.must(err)
	version = fmt.Sprint(issue.Version)
	w = o.post(path(issue, "/send"), "version", version)
	o.wantStatus(w, http.StatusUnprocessableEntity)
	o.wantText(w, `name="empty"`)
	o.wantStatus(o.post(path(issue, "/schedule"), "version", version, "at", "2025-03-02T09:00", "empty", "1"), http.StatusUnprocessableEntity)
	o.wantStatus(o.post(path(issue, "/schedule"), "version", version, "at", "2025-04-01T09:30", "empty", "1"), http.StatusSeeOther)
	o.wantText(o.get(path(issue, "")), "1 aprile 2025, 09:30")
	o.wantStatus(o.post(path(issue, "/unschedule")), http.StatusSeeOther)

	issue, err = o.room.Issue(o.ctx(), issue.ID)
	o.must(err)
	o.wantStatus(o.post(path(issue, "/audience"), "version", fmt.Sprint(issue.Version), "audience", ""), http.StatusSeeOther)
	issue, err = o.room.Issue(o.ctx(), issue.ID)
	o.must(err)
	o.wantStatus(o.post(path(issue, "/send"), "version", fmt.Sprint(issue.Version)), http.StatusSeeOther)
	o.wantText(o.get(path(issue, "/progress")), "data-poll", "0 su 1")
	o.wantText(o.get("/office/sending"), "data-poll", "Il cartellone")
	o.wantText(o.get(path(issue, "/statistics")), "Destinatari", "https://teatro.example")
	o.wantStatus(o.post(path(issue, "/send"), "version", "1"), http.StatusSeeOther) // pressing twice sends once
	o.wantText(o.get(path(issue, "/cancel")), "1 messaggio non partirà")
	o.wantStatus(o.post(path(issue, "/cancel")), http.StatusSeeOther)
	if now, err := o.room.Issue(o.ctx(), issue.ID); err != nil || now.State != newsletters.Cancelled {
		t.Errorf("after stopping: %v, %v", now.State, err)
	}
}

func TestUnfinishedIssueSaysWhatToMend(t *testing.T) {
	o := newOffice(t)
	issue, err := o.room.Create(o.ctx(), newsletters.Content{
		Newsletter: "teatro", Title: "Senza testo", Language: "it", Blocks: []content.Block{{ID: "b1", Kind: content.KindButton}},
	})
	o.must(err)
	o.actor = staff(identity.Publisher)
	o.wantText(o.get(path(issue, "/send")), path(issue, "?check=1#f-b1.label"), "Il pulsante non ha testo")
	o.wantText(o.get(path(issue, "?check=1")), `href="#f-b1.label"`, `id="f-b1.label"`)
	o.wantStatus(o.post(path(issue, "/send"), "version", fmt.Sprint(issue.Version)), http.StatusUnprocessableEntity)
}

func TestNewslettersAndNewsroomsAreKept(t *testing.T) {
	o := newOffice(t)
	o.actor = staff(identity.Administrator)
	w := o.post("/office/newsrooms/new", "slug", "cultura", "name", "Doppia", "kind", "office")
	o.wantStatus(w, http.StatusUnprocessableEntity)
	o.wantText(w, "già usato", "Doppia")
	o.wantStatus(o.post("/office/newsrooms/new", "slug", "sport", "name", "Sport", "kind", "association"), http.StatusSeeOther)
	w = o.post("/office/newsletters/new", "slug", "Corse!", "name", "", "newsroom", "sport", "period", "weekly")
	o.wantStatus(w, http.StatusUnprocessableEntity)
	o.wantText(w, "Corse!", "f-name-error", "f-slug-error")
	w = o.post("/office/newsletters/new", "slug", "corse", "name", "Corse", "newsroom", "sport", "period", "weekly", "description", "Tutte le corse")
	if w.Header().Get("Location") != "/office/newsletters/corse?done=newslettersweb.office.done.newsletter" {
		o.wantStatus(w, http.StatusSeeOther)
	}
	o.wantText(o.get("/office/newsletters/corse"), "Tutte le corse", "Sport")
	w = o.post("/office/issues/new", "newsletter", "corse", "title", "La mezza maratona", "language", "it")
	o.wantStatus(w, http.StatusSeeOther)
	o.wantText(o.get(w.Header().Get("Location")), "La mezza maratona", "La bozza è pronta")
	o.wantText(o.get("/office/issues?text=maratona"), "La mezza maratona")
	o.wantText(o.get("/office/issues?newsletter=teatro"), "Nessun numero")
}
