package newslettersweb

import (
	"net/http"
	"strconv"

	"unoxuno/internal/locale"
)

// pager links the pages of a list whose length is not counted.
type pager struct {
	Previous, Next string // URLs; "" if there is no such page
}

// pageIn returns the page in the URL, from 1.
func pageIn(r *http.Request) int {
	page, _ := strconv.Atoi(r.URL.Query().Get("page")) // anything else is the first page
	return max(page, 1)
}

// newPager keeps the other parameters of the URL.
func newPager(r *http.Request, page int, more bool) pager {
	address := func(page int) string {
		q := r.URL.Query()
		q.Del("done")
		q.Set("page", strconv.Itoa(page))
		return locale.Path(r.Context(), r.URL.Path+"?"+q.Encode())
	}
	var p pager
	if page > 1 {
		p.Previous = address(page - 1)
	}
	if more {
		p.Next = address(page + 1)
	}
	return p
}
