package identityweb

import (
	"net/http"

	"unoxuno/internal/identity"
	"unoxuno/internal/locale"
	"unoxuno/internal/web"
	"unoxuno/internal/web/ui"
)

// invitationLink makes the URL on which the account's owner chooses a password. It records who saw or sent the link,
// because its holder can become that account.
func (p *Pages) invitationLink(r *http.Request, s identity.Staff) (string, error) {
	ctx := r.Context()
	token, err := p.room.Invitation(ctx, s.ID)
	if err != nil {
		return "", err
	}
	return web.URL(ctx, "/office/invitation/"+token), p.room.Note(ctx, "audit.staff.invited", "staff "+s.Email, "")
}

// handInvitationView is the page on which an administrator finds the link to hand over.
type handInvitationView struct {
	Staff   identity.Staff
	Link    ui.Field
	Mail    bool // it can be sent from here
	Action  string
	Notices []ui.Notice
}

func (p *Pages) handInvitationPage(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	staff, err := p.staffOf(r)
	if err != nil {
		return err
	}
	link, err := p.invitationLink(r, staff)
	if err != nil {
		return err
	}
	web.ShowsSecret(w)
	return web.Render(w, r, http.StatusOK, handInvitationPage(handInvitationView{
		Staff: staff, Mail: p.opt.Mail != nil, Action: locale.Path(ctx, staffPath(staff.ID)+"/invitation"), Notices: web.Notices(r),
		Link: ui.Field{Name: "link", Label: locale.T(ctx, "identityweb.invite.link"), Value: link},
	}))
}

func (p *Pages) mailInvitation(w http.ResponseWriter, r *http.Request) error {
	staff, err := p.staffOf(r)
	if err != nil {
		return err
	}
	return p.invite(w, r, staff)
}

// invite posts the invitation and goes on to the page where it can be copied too.
func (p *Pages) invite(w http.ResponseWriter, r *http.Request, s identity.Staff) error {
	ctx := r.Context()
	path := staffPath(s.ID) + "/invitation"
	if p.opt.Mail == nil {
		return web.Go(w, r, path)
	}
	link, err := p.invitationLink(r, s)
	if err != nil {
		return err
	}
	town := web.TownOf(ctx).Name
	err = p.opt.Mail(ctx, Letter{
		To: s.Email, ToName: s.Name, Language: locale.Lang(ctx), Subject: locale.T(ctx, "identityweb.invite.subject", "Town", town),
		Text: locale.T(ctx, "identityweb.invite.text", "Name", s.Name, "Town", town, "Link", link, "Role", roleName(ctx, s.Role)),
	})
	if err != nil {
		return err
	}
	return web.Done(w, r, path, "identityweb.done.invited")
}
