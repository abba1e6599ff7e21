package peopleweb

import (
	"context"
	"embed"
	"io/fs"
	"net/http"
	"strconv"

	"unoxuno/internal/access"
	"unoxuno/internal/fault"
	"unoxuno/internal/locale"
	"unoxuno/internal/people"
	"unoxuno/internal/web"
	"unoxuno/internal/web/ui"
)

//go:embed words/office/*.toml
var officeWords embed.FS

// OfficeWords returns the words of the office's pages, it.toml and en.toml.
func OfficeWords() fs.FS {
	sub, err := fs.Sub(officeWords, "words/office")
	if err != nil {
		panic(err) // impossible: the folder is embedded above
	}
	return sub
}

// Audit records what staff view; *identity.Room implements it. What they change is recorded by the room that changes
// it, in the same transaction. Subjects name a person by her identifier, and details never contain her name or address,
// because the log outlives her data.
type Audit interface {
	Note(ctx context.Context, action, subject, detail string) error
}

// OfficeRoutes returns the routes of the desk.
func (p *Pages) OfficeRoutes() []web.Route {
	find := func(pattern string, kind web.Kind, do web.Handler) web.Route {
		return web.Route{Pattern: pattern, Permission: access.FindPeople, Kind: kind, Do: do}
	}
	manage := func(pattern string, kind web.Kind, do web.Handler) web.Route {
		return web.Route{Pattern: pattern, Permission: access.ManagePeople, Kind: kind, Do: do}
	}
	return []web.Route{
		find("GET /office/people", web.Page, p.officeSearch),
		manage("GET /office/people/new", web.Page, p.officeNew),
		manage("POST /office/people/new", web.Action, p.officeRegister),
		find("GET /office/people/{id}", web.Page, p.officePerson),
		manage("GET /office/people/{id}/edit", web.Page, p.officeEdit),
		manage("POST /office/people/{id}/edit", web.Action, p.officeUpdate),
		manage("POST /office/people/{id}/addresses", web.Action, p.officeAddAddress),
		manage("GET /office/people/{id}/addresses/{address}/remove", web.Page, p.officeRemoveAddressAsk),
		manage("POST /office/people/{id}/addresses/{address}/remove", web.Action, p.officeRemoveAddress),
		manage("POST /office/people/{id}/addresses/{address}/code", web.Action, p.officeCodeSend),
		manage("GET /office/people/{id}/code/{token}", web.Page, p.officeCodeAsk),
		manage("POST /office/people/{id}/code/{token}", web.Action, p.officeCodeTake),
		manage("POST /office/people/{id}/newsletters", web.Action, p.officeSubscribe),
		manage("POST /office/people/{id}/newsletters/end", web.Action, p.officeUnsubscribe),
		manage("POST /office/people/{id}/consents", web.Action, p.officeGrant),
		manage("GET /office/people/{id}/consents/{purpose}/end", web.Page, p.officeWithdrawAsk),
		manage("POST /office/people/{id}/consents/{purpose}/end", web.Action, p.officeWithdraw),
		manage("GET /office/people/{id}/export.json", web.Data, p.officeExport),
		manage("GET /office/people/{id}/erase", web.Page, p.officeEraseAsk),
		manage("POST /office/people/{id}/erase", web.Action, p.officeErase),
	}
}

// OfficeMenu returns the menu entries that the context's actor may use. The key is "people".
func (p *Pages) OfficeMenu(ctx context.Context) []ui.Link {
	if !access.From(ctx).Can(access.FindPeople) {
		return nil
	}
	return []ui.Link{{Key: "people", Label: tell(ctx, "menu"), URL: locale.Path(ctx, "/office/people"), Icon: "search"}}
}

// tell returns one of this package's words for staff.
func tell(ctx context.Context, key string, args ...any) string {
	return locale.T(ctx, "peopleweb.office."+key, args...)
}

// officePath returns the path of a person's page, or of a page below it.
func officePath(person int64, below string) string {
	return "/office/people/" + strconv.FormatInt(person, 10) + below
}

func officeURL(ctx context.Context, person int64, below string) string {
	return locale.Path(ctx, officePath(person, below))
}

// officePersonOf returns the person that the path names, as staff may see her.
func (p *Pages) officePersonOf(r *http.Request) (people.Person, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return people.Person{}, fault.NotFound("people.person.unknown").Because(err)
	}
	return p.People.Shown(r.Context(), id)
}

// note writes to the audit log that data of a person was viewed.
func (p *Pages) note(ctx context.Context, action string, person int64) error {
	return p.Audit.Note(ctx, "audit.person."+action, "person "+strconv.FormatInt(person, 10), "")
}

// mendable tells whether the form should be shown again with the faults in err.
func mendable(err error) bool {
	return fault.Is(err, fault.KindInvalid) || fault.Is(err, fault.KindConflict)
}

// nameOr returns the person's name, or a word for a person without one.
func nameOr(ctx context.Context, d people.Details) string {
	if name := d.Name(); name != "" {
		return name
	}
	return tell(ctx, "nameless")
}
