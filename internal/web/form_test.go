package web_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"unoxuno/internal/access"
	"unoxuno/internal/fault"
	"unoxuno/internal/web"
)

// multi is a form with files: pairs are names and values, a name that begins with "@" is a file.
func multi(t *testing.T, pairs ...string) (contentType string, body *bytes.Buffer) {
	t.Helper()
	body = &bytes.Buffer{}
	form := multipart.NewWriter(body)
	for i := 0; i+1 < len(pairs); i += 2 {
		if name, isFile := strings.CutPrefix(pairs[i], "@"); isFile {
			part, err := form.CreateFormFile(name, "foto.jpg")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(part, pairs[i+1]); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := form.WriteField(pairs[i], pairs[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	return form.FormDataContentType(), body
}

func send(site http.Handler, target, contentType string, body io.Reader, change ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, target, body)
	r.Header.Set("Content-Type", contentType)
	for _, c := range change {
		c(r)
	}
	w := httptest.NewRecorder()
	site.ServeHTTP(w, r)
	return w
}

const urlencoded = "application/x-www-form-urlencoded"

// handedBack are the fields of the form that an error page hands back, and where it is sent; nil where there is none.
func handedBack(t *testing.T, page string) (fields url.Values, action string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	attr := func(n *html.Node, name string) (string, bool) {
		for _, a := range n.Attr {
			if a.Key == name {
				return a.Val, true
			}
		}
		return "", false
	}
	for n := range root.Descendants() {
		if _, ok := attr(n, "data-kept"); !ok {
			continue
		}
		fields = url.Values{}
		action, _ = attr(n, "action")
		for f := range n.Descendants() {
			name, named := attr(f, "name")
			switch {
			case !named:
			case f.Data == "textarea":
				fields.Add(name, f.FirstChild.Data)
			default:
				value, _ := attr(f, "value")
				fields.Add(name, value)
			}
		}
	}
	return fields, action
}

func TestFilesAreReadOnceAndLeaveNothingBehind(t *testing.T) {
	folder := t.TempDir()
	photo := strings.Repeat("\xff\xd8 a photo of three megabytes ", 100_000)
	var taken *web.Upload
	var got string
	do := func(_ http.ResponseWriter, r *http.Request) error {
		form, err := web.Form(r)
		if err != nil {
			return err
		}
		if taken, err = web.File(r, "b2.file"); err != nil {
			return err
		}
		data, err := io.ReadAll(taken.Reader())
		got = form.Get("text") + fmt.Sprint(len(data), string(data) == photo, taken.Name)
		if form.Get("text") == "panic" {
			panic("halfway")
		}
		return err
	}
	site := newSiteWith(t, func(o *web.Options) { o.Temp = folder }, web.Route{Pattern: "POST /issue", Permission: access.Public, MaxBody: 8 << 20, Do: do})
	for _, text := range []string{"Testo", "panic"} {
		contentType, body := multi(t, "@b2.file", photo, "text", text)
		send(site, "/issue", contentType, body)
		if want := text + fmt.Sprint(len(photo), true, "foto.jpg"); got != want {
			t.Errorf("the handler read %.200q, want %q", got, want)
		}
		if _, err := io.ReadAll(taken.Reader()); err == nil {
			t.Error("the file is open still")
		}
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestAFolderThatTakesNoFileLosesNoText(t *testing.T) {
	file := t.TempDir() + "/file"
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	site := newSiteWith(t, func(o *web.Options) { o.Temp = file }, web.Route{Pattern: "POST /issue", Permission: access.Public, MaxBody: 8 << 20, Do: readsForm})
	contentType, body := multi(t, "before", "scritto prima", "@b2.file", "photo", "after", "scritto dopo")
	w := send(site, "/issue", contentType, body)
	fields, _ := handedBack(t, w.Body.String())
	if w.Code != http.StatusServiceUnavailable || fields.Get("before") != "scritto prima" || fields.Get("after") != "scritto dopo" {
		t.Errorf("%d, handed back %v", w.Code, fields)
	}
}

func readsForm(_ http.ResponseWriter, r *http.Request) error { _, err := web.Form(r); return err }

// What is too large comes back to be shortened: text before and after a file, and text that is itself too long.
func TestWhatIsTooLargeComesBack(t *testing.T) {
	site := newSite(t,
		web.Route{Pattern: "POST /form", Permission: access.Public, MaxBody: 50_000, Do: readsForm},
		web.Route{Pattern: "POST /upload", Permission: access.Public, MaxBody: 3 << 20, Do: readsForm})
	long := strings.Repeat("Così è più lungo del dovuto. ", 3000)
	w := send(site, "/form?a=1", urlencoded, strings.NewReader(url.Values{"text": {long}, "title": {"Una prova"}, "password": {"segreta"}}.Encode()))
	fields, action := handedBack(t, w.Body.String())
	if w.Code != http.StatusRequestEntityTooLarge || fields.Get("text") != long || fields.Get("title") != "Una prova" || fields.Has("password") || action != "/form?a=1" {
		t.Errorf("%d, to %q: title %q, %d bytes of text", w.Code, action, fields.Get("title"), len(fields.Get("text")))
	}
	huge := strings.Repeat("è", 3<<20)
	w = send(site, "/form", urlencoded, strings.NewReader(url.Values{"text": {huge}}.Encode()))
	fields, _ = handedBack(t, w.Body.String())
	if n := len(fields.Get("text")); w.Code != http.StatusRequestEntityTooLarge || n < 300_000 || strings.Trim(fields.Get("text"), "è") != "" {
		t.Errorf("six megabytes: %d, %d bytes came back", w.Code, n)
	}
	contentType, body := multi(t, "before", "scritto prima", "@b2.file", strings.Repeat("x", 5<<20), "after", "scritto dopo")
	w = send(site, "/upload", contentType, body)
	fields, _ = handedBack(t, w.Body.String())
	if w.Code != http.StatusRequestEntityTooLarge || fields.Get("before") != "scritto prima" || fields.Get("after") != "scritto dopo" {
		t.Errorf("a file of five megabytes: %d, handed back %v", w.Code, fields)
	}
}

func TestAFormOfAnotherSiteIsNotSentAgainByUs(t *testing.T) {
	site := newSite(t, web.Route{Pattern: "POST /send", Permission: access.Public, Do: readsForm})
	w := send(site, "/send", urlencoded, strings.NewReader("text=Un+testo+scritto+altrove"), header("Sec-Fetch-Site", "cross-site"))
	fields, _ := handedBack(t, w.Body.String())
	if w.Code != http.StatusForbidden || fields != nil || !strings.Contains(w.Body.String(), "Un testo scritto altrove") {
		t.Errorf("%d, a form with %v, and the text: %v", w.Code, fields, strings.Contains(w.Body.String(), "Un testo"))
	}
}

func TestAFormIsSentByTheAccountThatWroteIt(t *testing.T) {
	ran := 0
	site := newSite(t, web.Route{Pattern: "POST /office/x", Permission: access.WriteIssues, Do: func(http.ResponseWriter, *http.Request) error { ran++; return nil }})
	ada := header("Authorization", "Bearer issues.write 7")
	for writer, want := range map[string]int{"7": http.StatusOK, "": http.StatusOK, "8": http.StatusConflict} {
		before := ran
		w := send(site, "/office/x", urlencoded, strings.NewReader(url.Values{"writer": {writer}, "text": {"Il testo di Bea"}}.Encode()), ada)
		if w.Code != want || (ran > before) != (want == http.StatusOK) {
			t.Errorf("a form of account %q, sent by account 7: %d", writer, w.Code)
		}
	}
}

func TestAnUnavailableMachineIsToldToStaffAlone(t *testing.T) {
	site := newSite(t,
		web.Route{Pattern: "POST /join", Permission: access.Public, Do: fails(fault.Unavailable("web.no_room"))})
	form := func() io.Reader { return strings.NewReader("text=due+parole") }
	citizen := send(site, "/join", urlencoded, form())
	staff := send(site, "/join", urlencoded, form(), header("Authorization", "Bearer x"), header("Accept", "text/html"))
	if strings.Contains(citizen.Body.String(), "disco") || !strings.Contains(citizen.Body.String(), "tra qualche minuto") || citizen.Header().Get("Retry-After") == "" {
		t.Errorf("a citizen is told %s", citizen.Body)
	}
	if !strings.Contains(staff.Body.String(), "liberare spazio") {
		t.Errorf("staff are told %s", staff.Body)
	}
}
