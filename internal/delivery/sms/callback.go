package sms

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"unoxuno/internal/fault"
)

// Receipt reads a provider's receipt.
func (t *template) Receipt(r *http.Request) (Receipt, error) {
	field, err := fieldsOf(r)
	if err != nil {
		return Receipt{}, err
	}
	out := Receipt{ID: field(t.callback.ID), Code: shortCode(field(t.callback.Code))}
	state := field(t.callback.State)
	switch {
	case out.ID == "" || state == "":
		return Receipt{}, fault.Invalid("delivery.sms.callback")
	case t.delivered != nil && t.delivered.MatchString(state):
		out.State = Delivered
	case t.nobody != nil && t.nobody.MatchString(state):
		out.State, out.Reason = Undelivered, NumberUnknown
	case t.never != nil && t.never.MatchString(state):
		out.State, out.Reason = Undelivered, Other
		if code := field(t.callback.Code); t.nobody != nil && code != "" && t.nobody.MatchString(code) {
			out.Reason = NumberUnknown
		}
	default:
		out.State = Buffered
	}
	return out, nil
}

// Inbound reads a message that a provider brings.
func (t *template) Inbound(r *http.Request) (Inbound, error) {
	field, err := fieldsOf(r)
	if err != nil {
		return Inbound{}, err
	}
	from, err := numberFrom(field(t.callback.From), t.country, false)
	if err != nil {
		return Inbound{}, fault.Invalid("delivery.sms.callback")
	}
	return Inbound{From: from, To: field(t.callback.To), Text: strings.ToValidUTF8(field(t.callback.Text), "\uFFFD")}, nil
}

// fieldsOf reads the query of a request and its body, a form or JSON; the body counts first.
func fieldsOf(r *http.Request) (func(name string) string, error) {
	query := r.URL.Query()
	if r.Body == nil {
		return query.Get, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxAnswer+1))
	if err != nil || len(body) > maxAnswer {
		return nil, fault.Invalid("delivery.sms.callback")
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")) // without one there is no body that we could read
	switch {
	case kind == "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, fault.Invalid("delivery.sms.callback")
		}
		return func(name string) string {
			if v := form.Get(name); v != "" {
				return v
			}
			return query.Get(name)
		}, nil
	case kind == "application/json" || strings.HasSuffix(kind, "+json"):
		d := json.NewDecoder(strings.NewReader(string(body)))
		d.UseNumber()
		var tree any
		if d.Decode(&tree) != nil {
			return nil, fault.Invalid("delivery.sms.callback")
		}
		return func(name string) string {
			if v := nested(tree, name); v != "" {
				return v
			}
			return query.Get(name)
		}, nil
	}
	return query.Get, nil
}

// nested is the text, the number or the truth that lies at a path like "results.0.id"; empty when nothing does.
func nested(tree any, path string) string {
	if path == "" {
		return ""
	}
	for _, step := range strings.Split(path, ".") {
		switch v := tree.(type) {
		case map[string]any:
			tree = v[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(v) {
				return ""
			}
			tree = v[i]
		default:
			return ""
		}
	}
	switch v := tree.(type) {
	case string:
		return v
	case json.Number, bool:
		return fmt.Sprint(v)
	}
	return ""
}

// shortCode is an error code that may be kept: letters and digits.
func shortCode(code string) string {
	for _, c := range []byte(code) {
		if c < '0' || c > '9' && c < 'A' || c > 'Z' && c < 'a' || c > 'z' {
			return ""
		}
	}
	return code[:min(len(code), 8)]
}
