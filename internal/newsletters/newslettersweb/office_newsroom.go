package newslettersweb

import (
	"context"
	"net/http"
	"strings"

	"unoxuno/internal/fault"
	"unoxuno/internal/locale"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/taxonomy"
	"unoxuno/internal/web"
	"unoxuno/internal/web/ui"
)

func (p *Pages) newsrooms(w http.ResponseWriter, r *http.Request) error {
	all, err := p.Newsletters.Newsrooms(r.Context())
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, newsroomsPage(all, web.Notices(r)))
}

// newsroomView is the form of a newsroom.
type newsroomView struct {
	Title, Action              string
	Slug, IT, EN, Kind, Closed ui.Field
	Kinds                      []ui.Option
	Other                      []ui.Problem
}

// newsroomOf returns the newsroom that the path names; an empty one on the path of a new one.
func (p *Pages) newsroomOf(r *http.Request) (newsletters.Newsroom, error) {
	slug := r.PathValue("newsroom")
	if slug == "" {
		return newsletters.Newsroom{Kind: newsletters.Office}, nil
	}
	all, err := p.Newsletters.Newsrooms(r.Context())
	if err != nil {
		return newsletters.Newsroom{}, err
	}
	for _, n := range all {
		if n.Slug == slug {
			return n, nil
		}
	}
	return newsletters.Newsroom{}, fault.NotFound("newslettersweb.office.newsroom.unknown")
}

func (p *Pages) newsroomForm(w http.ResponseWriter, r *http.Request) error {
	room, err := p.newsroomOf(r)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, newsroomPage(newsroomFields(r, room, nil)))
}

func (p *Pages) putNewsroom(w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	room, err := p.newsroomOf(r)
	if err != nil {
		return err
	}
	if r.PathValue("newsroom") == "" {
		room.Slug = strings.TrimSpace(form.Get("slug"))
	}
	room.Name = taxonomy.Name{IT: form.Get("name"), EN: form.Get("name_en")}
	room.Kind, room.Closed = newsletters.NewsroomKind(form.Get("kind")), form.Get("closed") != ""
	if err = p.newSlug(r, room); err == nil {
		err = p.Newsletters.PutNewsroom(r.Context(), room)
	}
	if mendable(err) {
		view := newsroomFields(r, room, web.FieldErrors(r.Context(), err))
		return web.Render(w, r, http.StatusUnprocessableEntity, newsroomPage(view))
	}
	if err != nil {
		return err
	}
	return done(w, r, "/office/newsrooms", "newsroom")
}

// newSlug refuses a new newsroom with a slug that exists: PutNewsroom would change the existing one.
func (p *Pages) newSlug(r *http.Request, room newsletters.Newsroom) error {
	if r.PathValue("newsroom") != "" {
		return nil
	}
	all, err := p.Newsletters.Newsrooms(r.Context())
	for _, n := range all {
		if n.Slug == room.Slug {
			return fault.Conflict("newslettersweb.office.slug_taken", "Slug", room.Slug).On("slug")
		}
	}
	return err
}

func newsroomFields(r *http.Request, room newsletters.Newsroom, faults map[string]string) newsroomView {
	ctx := r.Context()
	t := func(key string) string { return tell(ctx, "newsroom."+key) }
	v := newsroomView{
		Title: t("new"), Action: locale.Path(ctx, "/office/newsrooms/new"), Other: general(faults),
		Slug:   slugField(ctx, room.Slug, faults["slug"]),
		IT:     ui.Field{Name: "name", Label: t("name"), Value: room.Name.IT, Error: faults["name"], Required: true},
		EN:     ui.Field{Name: "name_en", Label: t("name_en"), Value: room.Name.EN, Optional: true},
		Kind:   ui.Field{Name: "kind", Label: t("kind"), Value: string(room.Kind), Error: faults["kind"]},
		Closed: ui.Field{Name: "closed", Label: t("closed"), Help: t("closed_help"), Checked: room.Closed},
	}
	for _, kind := range newsletters.NewsroomKinds() {
		v.Kinds = append(v.Kinds, ui.Option{Value: string(kind), Label: locale.T(ctx, "newsletters.kind."+string(kind))})
	}
	if slug := r.PathValue("newsroom"); slug != "" {
		v.Title, v.Action, v.Slug.ReadOnly = nameIn(ctx, room.Name), locale.Path(ctx, "/office/newsrooms/"+slug), true
	}
	return v
}

func slugField(ctx context.Context, value, wrong string) ui.Field {
	return ui.Field{
		Name: "slug", Label: tell(ctx, "slug"), Help: tell(ctx, "slug_help"), Value: value, Error: wrong, Required: true, MaxLength: 64,
		Attrs: map[string]any{"autocapitalize": "none", "spellcheck": "false"},
	}
}
