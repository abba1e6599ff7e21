package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"unoxuno/internal/access"
	"unoxuno/internal/fault"
	"unoxuno/internal/locale"
	"unoxuno/internal/web/ui"
)

// SignInPath is where an anonymous reader of a staff page is redirected.
const SignInPath = "/office/sign-in"

// Render answers with a page. The page is rendered completely before anything is sent, so that an error in it becomes
// an error page and not half a page.
func Render(w http.ResponseWriter, r *http.Request, status int, page templ.Component) error {
	ctx := r.Context()
	ctx = ui.WithFrame(ctx, frame(ctx))
	var b bytes.Buffer
	if err := page.Render(ctx, &b); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", locale.Lang(ctx))
	w.WriteHeader(status)
	_, _ = b.WriteTo(w) // the reader may have gone away
	return nil
}

// frame is what all pages of this request share.
func frame(ctx context.Context) ui.Frame {
	req := from(ctx)
	f := ui.Frame{Town: req.town.Name, Zone: req.town.Zone, Home: locale.Path(ctx, "/"), OfficeHome: locale.Path(ctx, "/office")}
	for i, lang := range req.town.Languages {
		prefix := "/" + lang
		if i == 0 {
			prefix = ""
		}
		address := prefix + req.path
		if req.path == "/" && prefix != "" {
			address = prefix
		}
		if req.query != "" {
			address += "?" + req.query
		}
		f.Languages = append(f.Languages, ui.Language{Code: lang, Name: locale.T(ctx, "web.language_name."+lang), URL: address})
	}
	if req.site.opt.Frame != nil {
		req.site.opt.Frame(ctx, &f)
	}
	return f
}

// JSON answers with JSON.
func JSON(w http.ResponseWriter, status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n'))
	return nil
}

// Go redirects the reader to a path of the site after a form was processed (303: a reload does not send it again).
func Go(w http.ResponseWriter, r *http.Request, path string) error {
	w.Header().Set("Location", locale.Path(r.Context(), path))
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// Done is Go with a notice that the next page shows once; key is the key of its words.
func Done(w http.ResponseWriter, r *http.Request, path, key string) error {
	u, err := url.Parse(path)
	if err != nil {
		return err
	}
	q := u.Query()
	q.Set("done", key)
	u.RawQuery = q.Encode()
	return Go(w, r, u.String())
}

// Notices returns what to show on this page because of the previous request: see Done. Only our own words can be shown,
// under keys that begin with a room's name and contain ".done.".
func Notices(r *http.Request) []ui.Notice {
	key := r.URL.Query().Get("done")
	if key == "" || !strings.Contains(key, ".done.") {
		return nil
	}
	text := locale.T(r.Context(), key)
	if text == key {
		return nil
	}
	return []ui.Notice{{Tone: ui.Success, Text: text}}
}

// publicTwin is the suffix of the key with a sentence for citizens, where staff are told something about the machine:
// free the disk, check the mail server.
const publicTwin = "_public"

// Sentence returns what the reader is told about err, in her language. Readers who are not staff get the public twin of
// a sentence, if it has one.
func Sentence(ctx context.Context, err error) string {
	staff := from(ctx).actor.Kind == access.StaffAct
	return fault.Sentence(err, func(key string, args map[string]any) string {
		flat := make([]any, 0, 2*len(args))
		for name, value := range args {
			flat = append(flat, name, value)
		}
		if twin := key + publicTwin; !staff && locale.T(ctx, twin) != twin {
			key = twin
		}
		return locale.T(ctx, key, flat...)
	})
}

// FieldErrors returns the sentences of err's faults by field; those without a field are under "".
func FieldErrors(ctx context.Context, err error) map[string]string {
	told := map[string]string{}
	for _, f := range fault.List(err) {
		sentence := Sentence(ctx, f)
		if before, ok := told[f.Field]; ok {
			sentence = before + " " + sentence
		}
		told[f.Field] = sentence
	}
	return told
}

func statusOf(kind fault.Kind) int {
	switch kind {
	case fault.KindInvalid:
		return http.StatusUnprocessableEntity
	case fault.KindNotFound:
		return http.StatusNotFound
	case fault.KindConflict:
		return http.StatusConflict
	case fault.KindUnauthenticated:
		return http.StatusUnauthorized
	case fault.KindForbidden:
		return http.StatusForbidden
	case fault.KindExpired:
		return http.StatusGone
	case fault.KindTooMany:
		return http.StatusTooManyRequests
	case fault.KindTooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.KindUnavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// retryAfter is when to try again after a temporary failure, in seconds.
const retryAfter = "5"

// fail answers with the error. It is the only place where a fault becomes HTTP. A submitted form is handed back.
func (s *Site) fail(w http.ResponseWriter, r *http.Request, err error) {
	if s.opt.Fault != nil {
		err = s.opt.Fault(err)
	}
	kind := fault.KindOf(err)
	if kind == fault.KindInternal && errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // the reader has gone away
	}
	if isTooLarge(err) {
		err, kind = tooLarge(), fault.KindTooLarge
	}
	status := statusOf(kind)
	if status >= http.StatusInternalServerError {
		s.opt.Log.Error("request failed", "route", from(r.Context()).route.Pattern, "status", status, "err", err)
	}
	if rec, ok := w.(*recorder); ok && rec.status != 0 {
		return // a part of the answer was sent: nothing more can be said
	}
	switch status {
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		w.Header().Set("Retry-After", retryAfter)
	}
	if fault.HasKey(err, "web.method") {
		status = http.StatusMethodNotAllowed
		w.Header().Set("Allow", fault.List(err)[0].Field)
	}
	if fault.HasKey(err, notTextKey) {
		status = http.StatusBadRequest
	}
	switch {
	case wantsProblem(r):
		problem(w, r, status, err)
	case kind == fault.KindUnauthenticated && r.Method == http.MethodGet:
		next := url.Values{"next": {locale.Path(r.Context(), r.URL.RequestURI())}}
		_ = Go(w, r, SignInPath+"?"+next.Encode())
	default:
		if err := s.failPage(w, r, status, err); err != nil {
			s.opt.Log.Error("error page failed", "err", err)
			http.Error(w, http.StatusText(status), status)
		}
	}
}

// failPage answers a reader with an error page. A reader who must sign in first gets the sign-in page, which carries
// the form.
func (s *Site) failPage(w http.ResponseWriter, r *http.Request, status int, err error) error {
	view := errorView{
		Status: status, Sentence: Sentence(r.Context(), err), Staff: from(r.Context()).actor.Kind == access.StaffAct, Resend: resendOf(err),
	}
	if kept, ok := keptOf(r); ok {
		if status == http.StatusUnauthorized && s.opt.SignIn != nil {
			return s.opt.SignIn(w, r, kept)
		}
		view.Kept = &kept
	}
	return Render(w, r, status, errorPage(view))
}

func wantsProblem(r *http.Request) bool {
	if r.Header.Get("Authorization") != "" {
		return true
	}
	accept := r.Header.Get("Accept")
	return strings.Contains(accept, "json") && !strings.Contains(accept, "html")
}

// problem answers a program with problem+json (RFC 9457).
func problem(w http.ResponseWriter, r *http.Request, status int, err error) {
	body := map[string]any{
		"title": http.StatusText(status), "status": status, "detail": Sentence(r.Context(), err),
	}
	if fields := FieldErrors(r.Context(), err); len(fields) > 1 || len(fields) == 1 && fields[""] == "" {
		body["fields"] = fields
	}
	text, _ := json.Marshal(body)
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_, _ = w.Write(text)
}
