package app

import (
	"context"
	"io/fs"

	"unoxuno/internal/access"
	"unoxuno/internal/app/demo"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/deliveryweb"
	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/identity"
	"unoxuno/internal/identity/identityweb"
	"unoxuno/internal/locale"
	"unoxuno/internal/newsletters/newslettersweb"
	"unoxuno/internal/people/peopleweb"
	"unoxuno/internal/storage"
	"unoxuno/internal/web"
	"unoxuno/internal/web/assets"
	"unoxuno/internal/web/ui"
)

// webWords returns the words of every web package.
func webWords() []fs.FS {
	return []fs.FS{web.Words(), identityweb.Words(), peopleweb.OfficeWords(), peopleweb.PublicWords(), newslettersweb.OfficeWords(), newslettersweb.PublicWords()}
}

// pages are every room's pages.
type pages struct {
	identity    *identityweb.Pages
	people      *peopleweb.Pages
	newsletters *newslettersweb.Pages
	demo        bool
}

// site builds the pages of every room and serves them through the web kit.
func (r *run) site(h *house) (*web.Site, error) {
	p := r.pages(h)
	site, err := web.New(r.siteOptions(h, p))
	if err != nil {
		return nil, err
	}
	files, err := assets.New()
	if err != nil {
		r.log.Warn(r.say("app.asset_missing"))
	}
	site.Static("GET "+assets.Prefix, files.Handler())
	routes := concat(
		p.identity.Routes(), p.people.PublicRoutes(), p.people.OfficeRoutes(),
		p.newsletters.PublicRoutes(), p.newsletters.OfficeRoutes(), deliveryweb.Routes(h.delivery), h.healthRoutes(),
	)
	if r.mailbox != nil {
		routes = append(routes, r.mailbox.Routes()...)
	}
	return site, site.Handle(routes...)
}

func (r *run) siteOptions(h *house, p pages) web.Options {
	return web.Options{
		Words: r.words, Log: r.log, PublicURL: r.config.PublicURL, TrustedProxies: r.config.TrustedProxies,
		Town: func(context.Context) web.Town {
			t := h.town.Town()
			return web.Town{Name: t.Name, Domain: t.Domain, Languages: t.Languages, Zone: t.Zone()}
		},
		Authenticate: p.identity.Authenticate,
		Frame:        p.frame, Fault: storage.Fault, SignIn: p.identity.SignInFirst, Temp: r.config.Data,
	}
}

func concat(tables ...[]web.Route) (all []web.Route) {
	for _, t := range tables {
		all = append(all, t...)
	}
	return all
}

// frame adds what the rooms show around every page.
func (p pages) frame(ctx context.Context, f *ui.Frame) {
	at := func(key, path string) ui.Link {
		return ui.Link{Key: key, Label: locale.T(ctx, "app.menu."+key), URL: locale.Path(ctx, path)}
	}
	topics := at("topics", "/newsletters")
	topics.Element = "all-topics"
	f.Menu = []ui.Link{at("home", "/"), topics, at("signup", "/join")}
	if p.demo {
		f.Menu = append(f.Menu, at("mailbox", demo.MailboxPath))
	}
	f.Personal = locale.Path(ctx, "/me")
	f.Accessibility, f.Privacy, f.Legal = locale.Path(ctx, "/accessibility"), locale.Path(ctx, "/privacy"), locale.Path(ctx, "/legal")
	f.Office = locale.Path(ctx, "/office")
	p.identity.Frame(ctx, f)
	if access.From(ctx).Kind != access.StaffAct {
		return
	}
	f.OfficeMenu = []ui.Section{
		{Links: p.newsletters.OfficeMenu(ctx)},
		{Label: locale.T(ctx, "app.menu.people"), Links: p.people.OfficeMenu(ctx)},
		{Label: locale.T(ctx, "app.menu.house"), Links: p.identity.Menu(ctx)},
	}
	kept := f.OfficeMenu[:0]
	for _, s := range f.OfficeMenu {
		if len(s.Links) > 0 {
			kept = append(kept, s)
		}
	}
	f.OfficeMenu = kept
}

// post sends a single mail through delivery's ledger.
func (h *house) post(ctx context.Context, n delivery.Note) error {
	err := h.db.Tx(ctx, func(tx *storage.Tx) error { return h.delivery.Post(ctx, tx, n) })
	if err == nil {
		h.delivery.Wake()
	}
	return err
}

// text sends a code to a member of staff's own number; it is tried while the code is valid.
func (h *house) text(ctx context.Context, number, text string) error {
	return h.post(ctx, delivery.Note{
		Channel: delivery.SMS, Kind: delivery.NoteCode, To: number, Language: locale.Lang(ctx), Text: sms.Look(text, sms.Options{}).Text,
		Expires: h.clock.Now().Add(identity.MobileCodeLife),
	})
}
