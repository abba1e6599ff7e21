package newslettersweb

import (
	"net/http"
	"strconv"

	"unoxuno/internal/locale"
)

// pager leads through a list whose length nobody counts.
type pager struct {
	Previous, Next string // addresses; empty where there is no such page
}

// pageIn is the page that the address asks for, from 1.
func pageIn(r *http.Request) int {
	page, _ := strconv.Atoi(r.URL.Query().Get("page")) // anything else is the first
	return max(page, 1)
}

// newPager keeps the address's other answers.
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
