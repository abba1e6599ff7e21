package peopleweb

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"unoxuno/internal/locale"
	"unoxuno/internal/people"
	"unoxuno/internal/web"
	"unoxuno/internal/web/ui"
)

type searchView struct {
	Query          ui.Field
	Asked          bool
	People         []people.Person
	Previous, Next string // URLs; "" if there is no such page
	Notices        []ui.Notice
}

// officeSearch finds people. The audit log records that staff searched, but not the text, which is mostly a name.
func (p *Pages) officeSearch(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	text := strings.TrimSpace(r.URL.Query().Get("q"))
	page, _ := strconv.Atoi(r.URL.Query().Get("page")) // anything else is the first page
	page = max(page, 1)
	view := searchView{
		Query:   ui.Field{Name: "q", Type: "search", Label: tell(ctx, "search.query"), Help: tell(ctx, "search.help"), Value: text},
		Asked:   text != "",
		Notices: web.Notices(r),
	}
	if view.Asked {
		found, err := p.People.Find(ctx, text, page)
		if err != nil {
			return err
		}
		if err := p.Audit.Note(ctx, "audit.person.searched", "people", strconv.Itoa(len(found.People))); err != nil {
			return err
		}
		view.People = found.People
		if page > 1 {
			view.Previous = searchURL(r, text, page-1)
		}
		if found.More {
			view.Next = searchURL(r, text, page+1)
		}
	}
	return web.Render(w, r, http.StatusOK, searchPage(view))
}

func searchURL(r *http.Request, text string, page int) string {
	return locale.Path(r.Context(), "/office/people?"+url.Values{"q": {text}, "page": {strconv.Itoa(page)}}.Encode())
}
