package sms

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"unoxuno/internal/fault"
)

// Template says how the HTTP interface of a provider is spoken to. {to} (with "+"), {digits} (without), {from}, {text} and
// {reference} are holes that each message fills: in the values of the URL's query, of a form and of JSON, never in names.
// They are filled after the template was taken apart, so nothing that stands in a text can break out of its place.
type Template struct {
	Method   string   // "" is GET without a Body, POST with one
	Body     string   // JSON when it begins with { or [, else a form: to={to}&text={text}
	Headers  []string // "Authorization: Bearer …", "X-Api-Key: …"
	Accepted string   // regular expression: the answer 2xx to a message that was taken matches it; "" every one does
	Refused  string   // regular expression: the answer, of any status, to a message that never will be taken matches it
	Unknown  string   // regular expression: the answer to a message for a number that nobody has matches it
	ID       string   // regular expression whose first group is the identifier in the answer; "" it is {reference}

	Callback Fields // where receipts and inbound messages say what
}

// Fields names what a provider's callbacks are made of: fields of the query, of a form, or of JSON, "a.b.0" for what is
// nested.
type Fields struct {
	ID, State, Code        string // of a receipt
	Delivered, Undelivered string // regular expressions for State; what matches neither is Buffered
	Unknown                string // regular expression for State, or for Code where State is Undelivered: nobody has the number
	From, To, Text         string // of an inbound message
}

// template is a Template taken apart.
type template struct {
	method, endpoint string
	query            url.Values
	form             url.Values // nil: none
	json             any        // nil: none
	headers          http.Header
	basic            *url.Userinfo
	accepted, id     *regexp.Regexp // nil: none
	refused, unknown *regexp.Regexp
	callback         Fields
	delivered, never *regexp.Regexp
	nobody           *regexp.Regexp
	country          string
}

func openTemplate(u *url.URL, s Setup) (Gateway, error) {
	o := readOptions(u.Fragment)
	c := o.common()
	if o.err != nil {
		return nil, o.err
	}
	t := &template{method: s.Template.Method, basic: u.User, callback: s.Template.Callback, country: c.country}
	if err := t.read(u, s.Template); err != nil {
		return nil, err
	}
	return newWebGateway(u, c, t, s, t.method != http.MethodGet), nil
}

// read takes a Template apart.
func (t *template) read(u *url.URL, from Template) error {
	var err error
	if t.query, err = url.ParseQuery(u.RawQuery); err != nil {
		return fault.Invalid("delivery.sms.url")
	}
	at := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}
	t.endpoint = at.String()
	switch body := strings.TrimSpace(from.Body); {
	case strings.HasPrefix(body, "{") || strings.HasPrefix(body, "["):
		d := json.NewDecoder(strings.NewReader(body))
		d.UseNumber()
		if d.Decode(&t.json) != nil || d.More() {
			return badTemplate("body")
		}
	case body != "":
		if t.form, err = url.ParseQuery(body); err != nil {
			return badTemplate("body")
		}
	}
	if t.method == "" {
		t.method = http.MethodGet
		if from.Body != "" {
			t.method = http.MethodPost
		}
	}
	if !slices.Contains([]string{http.MethodGet, http.MethodPost, http.MethodPut}, t.method) {
		return badTemplate("method")
	}
	t.headers = http.Header{}
	for _, line := range from.Headers {
		name, value, ok := strings.Cut(line, ":")
		if !ok || !headerName.MatchString(name) || strings.ContainsAny(value, "\r\n\x00") {
			return badTemplate("headers")
		}
		t.headers.Set(name, strings.TrimSpace(value))
	}
	if whole := u.RawQuery + from.Body; !hasHole(whole, "{to}", "{digits}") || !hasHole(whole, "{text}") {
		return badTemplate("body")
	}
	return t.readPatterns(from)
}

var headerName = regexp.MustCompile(`^[A-Za-z0-9-]+$`)

// hasHole tells whether s has one of the holes, in clear or percent-encoded.
func hasHole(s string, holes ...string) bool {
	return slices.ContainsFunc(holes, func(hole string) bool {
		return strings.Contains(s, hole) || strings.Contains(strings.ToUpper(s), strings.ToUpper(url.QueryEscape(hole)))
	})
}

func (t *template) readPatterns(from Template) error {
	for _, p := range []struct {
		name, text string
		into       **regexp.Regexp
		groups     int
	}{
		{"accepted", from.Accepted, &t.accepted, 0}, {"refused", from.Refused, &t.refused, 0}, {"unknown", from.Unknown, &t.unknown, 0}, {"id", from.ID, &t.id, 1},
		{"delivered", from.Callback.Delivered, &t.delivered, 0}, {"undelivered", from.Callback.Undelivered, &t.never, 0},
		{"callback.unknown", from.Callback.Unknown, &t.nobody, 0},
	} {
		if p.text == "" {
			continue
		}
		re, err := regexp.Compile(p.text)
		if err != nil || re.NumSubexp() < p.groups {
			return badTemplate(p.name)
		}
		*p.into = re
	}
	return nil
}

func badTemplate(part string) error { return fault.Invalid("delivery.sms.template", "Name", part) }

func (t *template) secure() bool { return strings.HasPrefix(t.endpoint, "https:") }

func (t *template) request(ctx context.Context, m Message, from Sender) (*http.Request, error) {
	fill := strings.NewReplacer(
		"{to}", m.To.String(), "{digits}", m.To.Digits(), "{from}", from.String(), "{text}", m.Text, "{reference}", m.Reference,
	)
	var body []byte
	kind := ""
	switch {
	case t.json != nil:
		var err error
		if body, err = json.Marshal(fillJSON(t.json, fill)); err != nil {
			return nil, err
		}
		kind = "application/json"
	case t.form != nil:
		body, kind = []byte(fillValues(t.form, fill).Encode()), "application/x-www-form-urlencoded"
	}
	target := t.endpoint
	if len(t.query) > 0 {
		target += "?" + fillValues(t.query, fill).Encode()
	}
	r, err := http.NewRequestWithContext(ctx, t.method, target, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, values := range t.headers {
		r.Header[name] = values
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if t.basic != nil {
		password, _ := t.basic.Password()
		r.SetBasicAuth(t.basic.Username(), password)
	}
	return r, nil
}

func fillValues(template url.Values, fill *strings.Replacer) url.Values {
	filled := make(url.Values, len(template))
	for name, values := range template {
		for _, v := range values {
			filled[name] = append(filled[name], fill.Replace(v))
		}
	}
	return filled
}

func fillJSON(template any, fill *strings.Replacer) any {
	switch v := template.(type) {
	case string:
		return fill.Replace(v)
	case []any:
		filled := make([]any, len(v))
		for i, item := range v {
			filled[i] = fillJSON(item, fill)
		}
		return filled
	case map[string]any:
		filled := make(map[string]any, len(v))
		for name, item := range v {
			filled[name] = fillJSON(item, fill)
		}
		return filled
	}
	return template
}

// answer reads a provider's answer. Without a pattern that says what is refused for ever, nothing is: a mistake in the
// template would refuse everybody.
func (t *template) answer(status int, body string, m Message) (string, error) {
	good := status >= 200 && status < 300
	switch {
	case t.unknown != nil && t.unknown.MatchString(body):
		return "", &Permanent{Code: status, Reason: NumberUnknown}
	case t.refused != nil && t.refused.MatchString(body):
		return "", &Permanent{Code: status, Reason: Other}
	case status == http.StatusForbidden:
		return "", &Unreachable{Trouble: "the provider refuses our credentials (403)"}
	case !good:
		return "", &Later{Code: status, Reason: Other}
	case t.accepted != nil && !t.accepted.MatchString(body):
		return "", &Later{Code: status, Reason: Other}
	case t.id == nil:
		return m.Reference, nil
	}
	if found := t.id.FindStringSubmatch(body); found != nil {
		return found[1], nil
	}
	return m.Reference, nil // it was taken; its receipt will not be recognised
}
