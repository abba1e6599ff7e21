// Package fault names the few ways an operation can fail.
//
// A fault has a kind, which says what the caller can do about it, and a key, which a page, the API or the command line
// turns into a sentence in the reader's language. Any other error is a defect or a failure of the machine: it is logged
// and shown to nobody.
package fault

import (
	"errors"
	"fmt"
	"sort"
	"strings"
)

// Kind says what a caller can do about a fault.
type Kind int

// The kinds of fault, from "correct your input" to "wait".
const (
	KindInternal        Kind = iota // a defect: nothing the caller can do
	KindInvalid                     // the input must be corrected
	KindNotFound                    // there is no such thing
	KindConflict                    // somebody else changed it meanwhile
	KindUnauthenticated             // say who you are first
	KindForbidden                   // you may not
	KindExpired                     // a link or a code whose time is over, or that was forged
	KindTooMany                     // too many requests
	KindTooLarge                    // too large
	KindUnavailable                 // something needed is not available now
)

var kindNames = [...]string{
	"internal", "invalid", "not found", "conflict", "unauthenticated",
	"forbidden", "expired", "too many", "too large", "unavailable",
}

func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return fmt.Sprintf("kind %d", int(k))
	}
	return kindNames[k]
}

// Error is a fault: a kind, the key of its sentence, the sentence's arguments, and the field it concerns, if any.
type Error struct {
	Kind  Kind
	Key   string         // key of the words, such as "people.email.malformed"
	Args  map[string]any // values of the sentence's holes
	Field string         // the form field or file column it concerns; "" for the whole
	Cause error          // for the log; may be nil
}

// Error is for logs; readers get the sentence that Key names.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Key)
	if e.Field != "" {
		fmt.Fprintf(&b, " [%s]", e.Field)
	}
	names := make([]string, 0, len(e.Args))
	for name := range e.Args {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Fprintf(&b, " %s=%v", name, e.Args[name])
	}
	if e.Cause != nil {
		fmt.Fprintf(&b, ": %v", e.Cause)
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Cause }

// On returns a copy of the fault that concerns the named field.
func (e *Error) On(field string) *Error {
	c := *e
	c.Field = field
	return &c
}

// Because returns a copy of the fault with its cause, which is logged and never shown.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.Cause = cause
	return &c
}

// New makes a fault; args alternate name and value.
func New(kind Kind, key string, args ...any) *Error {
	e := &Error{Kind: kind, Key: key}
	if len(args) > 0 {
		e.Args = make(map[string]any, len(args)/2)
	}
	for i := 0; i+1 < len(args); i += 2 {
		e.Args[fmt.Sprint(args[i])] = args[i+1]
	}
	return e
}

// Invalid says that the input must be corrected; args alternate name and value.
func Invalid(key string, args ...any) *Error { return New(KindInvalid, key, args...) }

// NotFound says that there is no such thing.
func NotFound(key string, args ...any) *Error { return New(KindNotFound, key, args...) }

// Conflict says that somebody else changed the thing meanwhile, or that its state forbids the change.
func Conflict(key string, args ...any) *Error { return New(KindConflict, key, args...) }

// Forbidden says that the actor may not do this.
func Forbidden(key string, args ...any) *Error { return New(KindForbidden, key, args...) }

// Expired says that a link or code is forged or expired.
func Expired(key string, args ...any) *Error { return New(KindExpired, key, args...) }

// TooMany says to slow down.
func TooMany(key string, args ...any) *Error { return New(KindTooMany, key, args...) }

// Unavailable says that something needed is not there now.
func Unavailable(key string, args ...any) *Error { return New(KindUnavailable, key, args...) }

// KindOf returns the kind of the first fault in err's chain, KindInvalid for Problems, KindInternal for any other
// error.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	var p Problems
	if errors.As(err, &p) {
		return KindInvalid
	}
	return KindInternal
}

// Is tells whether err is a fault of the given kind.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }

// HasKey tells whether err is, or contains, a fault with that key.
func HasKey(err error, key string) bool {
	for _, e := range List(err) {
		if e.Key == key {
			return true
		}
	}
	return false
}

// Problems collects all faults of a form or row, so that its author can correct them at once.
type Problems []*Error

func (p Problems) Error() string {
	texts := make([]string, len(p))
	for i, e := range p {
		texts[i] = e.Error()
	}
	return strings.Join(texts, "; ")
}

// Add adds err if it is a fault (or Problems) and does nothing for nil. It returns any other error, which the author
// cannot correct.
func (p *Problems) Add(field string, err error) error {
	if err == nil {
		return nil
	}
	faults := List(err)
	if faults == nil {
		return err
	}
	for _, e := range faults {
		if e.Field == "" && field != "" {
			e = e.On(field)
		}
		*p = append(*p, e)
	}
	return nil
}

// Err is nil when no problem was noted.
func (p Problems) Err() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

// List is every fault in err: one, several for Problems, none for an error that is not a fault.
func List(err error) []*Error {
	var p Problems
	if errors.As(err, &p) {
		return p
	}
	var e *Error
	if errors.As(err, &e) {
		return []*Error{e}
	}
	return nil
}

// Sentence is what a reader is told of err: the sentence of each of its faults, found by say; the sentence of the
// key "fault.internal" for an error that is not a fault, whose text is for the log alone.
func Sentence(err error, say func(key string, args map[string]any) string) string {
	faults := List(err)
	if len(faults) == 0 {
		return say("fault.internal", nil)
	}
	texts := make([]string, len(faults))
	for i, e := range faults {
		if e.quotesNothing() {
			texts[i] = say("fault.empty", map[string]any{"Field": e.Field})
			continue
		}
		texts[i] = say(e.Key, e.Args)
	}
	return strings.Join(texts, " ")
}

// quotesNothing tells whether the fault is about a field that was left empty: what it would quote is blank. A sentence
// about an unreadable «» helps nobody.
func (e *Error) quotesNothing() bool {
	for _, name := range [...]string{"Text", "Value", "Email", "Slug", "URL"} {
		if text, ok := e.Args[name].(string); ok && strings.TrimSpace(text) == "" {
			return e.Kind == KindInvalid
		}
	}
	return false
}
