package identityweb

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"unoxuno/internal/identity"
	"unoxuno/internal/locale"
	"unoxuno/internal/web"
	"unoxuno/internal/web/ui"
)

func staffPath(id int64) string { return "/office/staff/" + strconv.FormatInt(id, 10) }

func (p *Pages) staffPage(w http.ResponseWriter, r *http.Request) error {
	all, err := p.room.AllStaff(r.Context())
	if err != nil {
		return err
	}
	rooms, err := p.opt.Newsrooms(r.Context())
	if err != nil {
		return err
	}
	names := map[string]string{}
	for _, room := range rooms {
		names[room.Slug] = room.Name
	}
	return web.Render(w, r, http.StatusOK, staffPage(all, names, web.Notices(r)))
}

// boundText names the newsrooms that bound an account's rights; a role that newsrooms do not bound has no text.
func boundText(ctx context.Context, s identity.Staff, names map[string]string) string {
	if s.Role == identity.Publisher && len(s.Newsrooms) == 0 {
		return locale.T(ctx, "identityweb.staff.all_newsrooms")
	}
	bounds := make([]string, len(s.Newsrooms))
	for i, slug := range s.Newsrooms {
		bounds[i] = cmp.Or(names[slug], slug)
	}
	return strings.Join(bounds, ", ")
}

// staffView is the form of one account.
type staffView struct {
	ID                                   int64 // 0 for a new one
	Title, Action                        string
	Email, Name, Role, Newsrooms, Active ui.Field
	Roles, Rooms                         []ui.Option
	Invited                              bool
	Other                                []ui.Problem
	Notices                              []ui.Notice
}

func (v staffView) problems() []ui.Problem {
	return append(v.Other, ui.Problems(v.Email, v.Name, v.Role, v.Newsrooms)...)
}

func (p *Pages) newStaffPage(w http.ResponseWriter, r *http.Request) error {
	return p.renderStaff(w, r, http.StatusOK, identity.Staff{Role: identity.Editor, Active: true}, nil)
}

func (p *Pages) editStaffPage(w http.ResponseWriter, r *http.Request) error {
	staff, err := p.staffOf(r)
	if err != nil {
		return err
	}
	return p.renderStaff(w, r, http.StatusOK, staff, nil)
}

func (p *Pages) renderStaff(w http.ResponseWriter, r *http.Request, status int, s identity.Staff, faults map[string]string) error {
	ctx := r.Context()
	t := func(key string) string { return locale.T(ctx, "identityweb.staff."+key) }
	rooms, err := p.opt.Newsrooms(ctx)
	if err != nil {
		return err
	}
	view := staffView{
		ID: s.ID, Title: t("add"), Action: locale.Path(ctx, "/office/staff/new"), Invited: s.Invited,
		Email:     ui.Field{Name: "email", Type: "email", Label: t("email"), Value: s.Email, Error: faults["email"], Required: true},
		Name:      ui.Field{Name: "name", Label: t("name"), Value: s.Name, Error: faults["name"], Optional: true},
		Role:      ui.Field{Name: "role", Label: t("role"), Value: string(s.Role), Error: faults["role"], Required: true},
		Newsrooms: ui.Field{Name: "newsrooms", Label: t("newsrooms"), Help: t("newsrooms_help"), Error: faults["newsrooms"]},
		Active:    ui.Field{Name: "active", Label: t("active"), Help: t("active_help"), Checked: s.Active},
		Roles:     roleOptions(ctx), Other: general(faults), Notices: web.Notices(r),
	}
	if s.ID != 0 {
		view.Title, view.Action = s.Name, locale.Path(ctx, staffPath(s.ID))
		view.Email.ReadOnly, view.Email.Required = true, false
	}
	for _, room := range rooms {
		view.Rooms = append(view.Rooms, ui.Option{Value: room.Slug, Label: room.Name, Selected: slices.Contains(s.Newsrooms, room.Slug)})
	}
	return web.Render(w, r, status, staffFormPage(view))
}

func roleOptions(ctx context.Context) []ui.Option {
	var options []ui.Option
	for _, role := range identity.Roles() {
		options = append(options, ui.Option{
			Value: string(role), Label: roleName(ctx, role), Help: locale.T(ctx, "identityweb.role_help."+string(role)),
		})
	}
	return options
}

// fill takes over from the form what may be changed of an account.
func fill(s identity.Staff, form url.Values) identity.Staff {
	s.Name, s.Role = strings.TrimSpace(form.Get("name")), identity.Role(form.Get("role"))
	s.Newsrooms = form["newsrooms"]
	return s
}

func (p *Pages) addStaff(w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	asked := fill(identity.Staff{Email: form.Get("email"), Active: true}, form)
	staff, err := p.room.AddStaff(r.Context(), asked)
	if mendable(err) {
		return p.renderStaff(w, r, http.StatusUnprocessableEntity, asked, web.FieldErrors(r.Context(), err))
	}
	if err != nil {
		return err
	}
	if p.opt.Mail == nil {
		return web.Done(w, r, staffPath(staff.ID)+"/invitation", "identityweb.done.added")
	}
	return p.invite(w, r, staff)
}

func (p *Pages) updateStaff(w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	staff, err := p.staffOf(r)
	if err != nil {
		return err
	}
	staff = fill(staff, form)
	staff.Active = form.Get("active") != ""
	err = p.room.UpdateStaff(r.Context(), staff)
	if mendable(err) {
		return p.renderStaff(w, r, http.StatusUnprocessableEntity, staff, web.FieldErrors(r.Context(), err))
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, "/office/staff", "identityweb.done.changed")
}
