package web

import (
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"unoxuno/internal/fault"
)

// notTextKey is the fault of a request with bytes that are not text. It is answered with 400.
const notTextKey = "web.not_text"

// isText tells whether every database can store s as text: valid UTF-8 without NUL. PostgreSQL refuses anything else,
// and SQLite would store it.
func isText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// checkText refuses a request whose path, query or headers are not text. A form is checked when it is read.
func checkText(r *http.Request) error {
	if !isText(r.URL.Path) {
		return fault.Invalid(notTextKey)
	}
	for name, values := range r.Header {
		if !areText(name, values) {
			return fault.Invalid(notTextKey)
		}
	}
	return checkValues(r.URL.Query())
}

// checkValues refuses values that are not text.
func checkValues(values url.Values) error {
	for name, list := range values {
		if !areText(name, list) {
			return fault.Invalid(notTextKey)
		}
	}
	return nil
}

func areText(name string, values []string) bool {
	for _, value := range values {
		if !isText(value) {
			return false
		}
	}
	return isText(name)
}
