package web

import (
	"net/http"
	"strings"

	"unoxuno/internal/access"
)

// Handler serves one request or returns an error.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Kind is what a route answers with; the inventory tests require more of pages than of data.
type Kind int

// The kinds of route.
const (
	Page     Kind = iota // a whole HTML page: has a title, a language and one h1
	Action               // a form's target: changes something, then redirects
	Fragment             // a piece of a page, fetched by the page's script
	Data                 // for programs, frames and files: JSON, an image, a mail's HTML
)

// Route is one line of the route table.
type Route struct {
	Pattern    string            // as of http.ServeMux: "GET /newsletters/{slug}"
	Permission access.Permission // who may; never empty
	Kind       Kind
	Do         Handler
	MaxBody    int64 // bytes a request may carry; 0 means the usual 256 KiB
	CrossSite  bool  // a POST may come from anywhere: the token it carries authorises it
	Cacheable  bool  // the same for everybody, so browsers may cache it for a while
	// Light is for what every mail requests, many thousand times a minute: it is served without the database, session,
	// language or nonce. Only GET, only Public, and its answer is not a page, except for an error.
	Light bool
}

// Method is the pattern's method.
func (r Route) Method() string {
	method, _, _ := strings.Cut(r.Pattern, " ")
	return method
}

// Path is the pattern's path.
func (r Route) Path() string {
	_, path, _ := strings.Cut(r.Pattern, " ")
	return strings.TrimSuffix(path, "{$}")
}

// defaultMaxBody is enough for any form of ours; upload routes set their own limit.
const defaultMaxBody = 256 << 10
