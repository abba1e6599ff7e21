package web

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"unoxuno/internal/access"
	"unoxuno/internal/fault"
	"unoxuno/internal/locale"
	"unoxuno/internal/web/ui"
)

// Kept is a form that could not be processed. The error page hands it back to its writer, who can send it again. It is
// carried only in the page, never in a URL, a cookie or a log.
type Kept struct {
	Path   string      `json:"path"`   // the form's URL path, with query and language prefix
	Fields []KeptField `json:"fields"` // without passwords, codes and files
	Cut    bool        `json:"cut"`    // the form had more text than we read
	Left   bool        `json:"left"`   // a password, a code or a file was omitted
}

// KeptField is one field of a form, as it was sent.
type KeptField struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// keptField is the field that carries a kept form through the sign-in.
const keptField = "kept"

// MaxKept is the size in bytes of a packed Kept, which a route that carries one must accept.
const MaxKept = 2*maxText + 64<<10

// isSecret tells whether a field is never handed back. A test checks that every password and one-time code has such a
// name.
func isSecret(name string) bool {
	switch name {
	case "password", "again", "current", "code":
		return true
	}
	return false
}

// keptOf returns the request's form; ok is false if it has nothing that could be lost.
func keptOf(r *http.Request) (k Kept, ok bool) {
	if r.Method != http.MethodPost || from(r.Context()).route.CrossSite {
		return Kept{}, false
	}
	p := from(r.Context()).form(r, false)
	k = Kept{Path: locale.Path(r.Context(), r.URL.RequestURI()), Cut: p.cut, Left: len(p.files) > 0}
	for name, values := range p.values {
		for _, value := range values {
			switch {
			case isSecret(name):
				k.Left = k.Left || value != ""
			case strings.ContainsRune(value, 0):
				k.Fields = append(k.Fields, KeptField{name, strings.ReplaceAll(value, "\x00", "")})
			default:
				k.Fields = append(k.Fields, KeptField{strings.ToValidUTF8(name, ""), strings.ToValidUTF8(value, "")})
			}
		}
	}
	slices.SortStableFunc(k.Fields, func(a, b KeptField) int { return cmp.Compare(a.Name, b.Name) })
	return k, len(k.Fields) > 0
}

// KeptIn returns the form that a sign-in form carries; ok is false if it carries none.
func KeptIn(form url.Values) (k Kept, ok bool) {
	text, err := base64.RawURLEncoding.DecodeString(form.Get(keptField))
	if err != nil || len(text) == 0 || json.Unmarshal(text, &k) != nil {
		return Kept{}, false
	}
	u, err := url.Parse(k.Path)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(k.Path, "/") || strings.HasPrefix(k.Path, "//") || strings.Contains(k.Path, `\`) {
		return Kept{}, false
	}
	return k, true
}

// Packed returns the form as the value of one hidden field; "" if there is none.
func (k Kept) Packed() (name, value string) {
	if k.Path == "" {
		return keptField, ""
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if e.Encode(k) != nil { // cannot fail: it has only strings
		return keptField, ""
	}
	return keptField, base64.RawURLEncoding.EncodeToString(text.Bytes())
}

// writtenBy returns the account that wrote the form, as recorded in its page; 0 if unknown.
func (k Kept) writtenBy() int64 {
	for _, f := range k.Fields {
		if f.Name == ui.WriterField {
			id, _ := strconv.ParseInt(f.Value, 10, 64) // what is no number is nobody
			return id
		}
	}
	return 0
}

// long is the number of bytes from which a field is shown for shortening.
const long = 2000

// texts returns the fields with text that is worth reading again, without the numbers and words that forms need
// internally.
func (k Kept) texts() (texts []string) {
	for _, f := range k.Fields {
		if strings.ContainsAny(f.Value, " \n@") || len(f.Value) > 24 {
			texts = append(texts, f.Value)
		}
	}
	return texts
}

// otherWriter refuses a form that another account began: somebody who signs in at an abandoned browser must not send
// its text under her own name.
func otherWriter(r *http.Request, actor access.Actor) error {
	if r.Method != http.MethodPost || actor.Kind != access.StaffAct {
		return nil
	}
	writer := from(r.Context()).form(r, true).values.Get(ui.WriterField)
	if writer == "" || writer == strconv.FormatInt(actor.ID, 10) {
		return nil
	}
	return fault.Conflict("web.kept.other_account")
}

// resend says what the reader may do with a kept form.
type resend int

const (
	readOnly resend = iota // read and copy it: sending it again cannot help, or must not be a single click
	shorten                // send it again after shortening it
	again                  // send it again
)

// resendOf returns what may be done after err. A form from another site is never sent again by a button of ours,
// because its fields may be that site's.
func resendOf(err error) resend {
	switch fault.KindOf(err) {
	case fault.KindTooLarge:
		return shorten
	case fault.KindForbidden, fault.KindNotFound, fault.KindExpired:
		return readOnly
	}
	if fault.HasKey(err, "web.kept.other_account") || fault.HasKey(err, "web.method") {
		return readOnly
	}
	return again
}

// RenderKept answers, after signing in, with the page that sends a kept form again. If another account wrote it, the
// page says so and shows nothing of it.
func RenderKept(w http.ResponseWriter, r *http.Request, k Kept, account int64) error {
	ctx := r.Context()
	if by := k.writtenBy(); by != 0 && by != account {
		return fault.Conflict("web.kept.other_account")
	}
	return Render(w, r, http.StatusOK, keptPage(locale.T(ctx, "web.kept.signed_in"), k))
}
