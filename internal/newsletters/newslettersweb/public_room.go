package newslettersweb

import (
	"context"
	"embed"
	"io/fs"

	"unoxuno/internal/access"
	"unoxuno/internal/locale"
	"unoxuno/internal/web"
)

//go:embed words/public/*.toml
var publicWords embed.FS

// PublicWords returns the words of the citizens' pages, it.toml and en.toml.
func PublicWords() fs.FS {
	sub, err := fs.Sub(publicWords, "words/public")
	if err != nil {
		panic(err) // impossible: the folder is embedded above
	}
	return sub
}

// PublicRoutes returns the citizens' routes. Those under /u, /unsubscribe, /l and /o are in every message.
func (p *Pages) PublicRoutes() []web.Route {
	page := func(pattern string, do web.Handler) web.Route {
		return web.Route{Pattern: pattern, Permission: access.Public, Kind: web.Page, Do: do}
	}
	leave := func(pattern string, kind web.Kind, do farewellHandler) web.Route {
		return web.Route{Pattern: pattern, Permission: access.Citizen, Kind: kind, Do: p.farewell(do)}
	}
	return []web.Route{
		page("GET /{$}", p.home),
		page("GET /newsletters", p.catalogue),
		page("GET /newsletters/{newsletter}", p.newsletter),
		page("GET /newsletters/{newsletter}/{issue}", p.archived),
		leave("GET /unsubscribe/{token}", web.Page, p.leaveAsk),
		leave("POST /unsubscribe/{token}", web.Action, p.leaveOne),
		leave("POST /unsubscribe/{token}/all", web.Action, p.leaveAll),
		leave("POST /unsubscribe/{token}/undo", web.Action, p.comeBack),
		leave("GET /u/{token}", web.Page, p.leaveAsk),
		{Pattern: "POST /u/{token}", Permission: access.Citizen, Kind: web.Data, Do: p.oneClick, CrossSite: true},
		{Pattern: "GET /l/{token}", Permission: access.Public, Kind: web.Data, Do: p.click, Light: true},
		{Pattern: "GET /l/{token}/{reader}", Permission: access.Public, Kind: web.Data, Do: p.click, Light: true},
		{Pattern: "GET /o/{file}", Permission: access.Public, Kind: web.Data, Do: p.open, Light: true},
		{Pattern: "GET /o/{file}/{reader}", Permission: access.Public, Kind: web.Data, Do: p.open, Light: true},
		{Pattern: "GET /media/{name}", Permission: access.Public, Kind: web.Data, Do: p.media},
	}
}

// say returns one of this package's words for citizens.
func say(ctx context.Context, key string, args ...any) string {
	return locale.T(ctx, "newslettersweb.public."+key, args...)
}
