package identityweb

import (
	"context"
	"embed"
	"io/fs"
	"net/http"
	"strconv"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/fault"
	"unoxuno/internal/identity"
	"unoxuno/internal/locale"
	"unoxuno/internal/web"
	"unoxuno/internal/web/ui"

	"github.com/alexedwards/scs/v2"
)

//go:embed words/*.toml
var words embed.FS

// Words returns the words of these pages.
func Words() fs.FS { return words }

// Newsroom may limit an account's rights.
type Newsroom struct{ Slug, Name string }

// Letter is a mail to a member of staff.
type Letter struct{ To, ToName, Language, Subject, Text string }

// Options are what the pages need from the rest of the program.
type Options struct {
	Clock clock.Clock
	// PublicURL is the site's URL. If it is https, the session cookie is sent over TLS only.
	PublicURL string
	// Newsrooms lists the newsrooms that can limit an account.
	Newsrooms func(ctx context.Context) ([]Newsroom, error)
	// Mail posts a letter; nil if no mail can be sent: invitations are then handed over in another way.
	Mail func(ctx context.Context, l Letter) error
	// Texting tells whether the town sends text messages. Mobile normalises a number, and Text sends to one.
	Texting func() bool
	Mobile  func(text string) (string, error)
	Text    func(ctx context.Context, number, text string) error
}

// Pages serves the pages of identity.
type Pages struct {
	room     *identity.Room
	opt      Options
	sessions *scs.SessionManager
}

// New returns the pages.
func New(room *identity.Room, opt Options) *Pages {
	return &Pages{room: room, opt: opt, sessions: newSessions(room.Sessions(), opt.PublicURL)}
}

// Routes returns the routes of these pages.
func (p *Pages) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /office/sign-in", Permission: access.Public, Kind: web.Page, Do: p.signInPage},
		{Pattern: "POST /office/sign-in", Permission: access.Public, Kind: web.Action, Do: p.signIn, MaxBody: web.MaxKept},
		{Pattern: "POST /office/sign-out", Permission: access.Public, Kind: web.Action, Do: p.signOut},
		{Pattern: "GET /office/invitation/{token}", Permission: access.Public, Kind: web.Page, Do: p.invitationPage},
		{Pattern: "POST /office/invitation/{token}", Permission: access.Public, Kind: web.Action, Do: p.acceptInvitation},
		{Pattern: "GET /office/account", Permission: access.SignedIn, Kind: web.Page, Do: p.accountPage},
		{Pattern: "POST /office/account", Permission: access.SignedIn, Kind: web.Action, Do: p.changePassword},
		{Pattern: "POST /office/account/mobile", Permission: access.SignedIn, Kind: web.Action, Do: p.askMobile},
		{Pattern: "POST /office/account/mobile/code", Permission: access.SignedIn, Kind: web.Action, Do: p.confirmMobile},
		{Pattern: "POST /office/account/tokens", Permission: access.SignedIn, Kind: web.Action, Do: p.createToken},
		{Pattern: "POST /office/account/tokens/{id}/revoke", Permission: access.SignedIn, Kind: web.Action, Do: p.revokeToken},
		{Pattern: "GET /office/tokens", Permission: access.ManageStaff, Kind: web.Page, Do: p.tokensPage},
		{Pattern: "POST /office/tokens/{id}/revoke", Permission: access.ManageStaff, Kind: web.Action, Do: p.revokeAnyToken},
		{Pattern: "GET /office/staff", Permission: access.ManageStaff, Kind: web.Page, Do: p.staffPage},
		{Pattern: "GET /office/staff/new", Permission: access.ManageStaff, Kind: web.Page, Do: p.newStaffPage},
		{Pattern: "POST /office/staff/new", Permission: access.ManageStaff, Kind: web.Action, Do: p.addStaff},
		{Pattern: "GET /office/staff/{id}", Permission: access.ManageStaff, Kind: web.Page, Do: p.editStaffPage},
		{Pattern: "POST /office/staff/{id}", Permission: access.ManageStaff, Kind: web.Action, Do: p.updateStaff},
		{Pattern: "GET /office/staff/{id}/invitation", Permission: access.ManageStaff, Kind: web.Page, Do: p.handInvitationPage},
		{Pattern: "POST /office/staff/{id}/invitation", Permission: access.ManageStaff, Kind: web.Action, Do: p.mailInvitation},
		{Pattern: "GET /office/audit", Permission: access.ReadAudit, Kind: web.Page, Do: p.auditPage},
	}
}

// Menu returns the menu entries that the context's actor may use. Their keys are "staff" and "audit".
func (p *Pages) Menu(ctx context.Context) []ui.Link {
	actor := access.From(ctx)
	var links []ui.Link
	if actor.Can(access.ManageStaff) {
		links = append(links, ui.Link{Key: "tokens", Label: locale.T(ctx, "identityweb.menu.tokens"), URL: locale.Path(ctx, "/office/tokens"), Icon: "key"})
		links = append(links, ui.Link{Key: "staff", Label: locale.T(ctx, "identityweb.menu.staff"), URL: locale.Path(ctx, "/office/staff"), Icon: "user"})
	}
	if actor.Can(access.ReadAudit) {
		links = append(links, ui.Link{Key: "audit", Label: locale.T(ctx, "identityweb.menu.audit"), URL: locale.Path(ctx, "/office/audit"), Icon: "list"})
	}
	return links
}

// Frame adds the signed-in account and the sign-out button to every page.
func (p *Pages) Frame(ctx context.Context, f *ui.Frame) {
	actor := access.From(ctx)
	if actor.Kind != access.StaffAct || actor.Called == "" {
		return
	}
	f.Staff = &ui.Staff{
		ID: actor.ID, Name: actor.Called, Role: roleName(ctx, identity.Role(actor.Role)), Account: locale.Path(ctx, "/office/account"),
	}
	f.SignOut = locale.Path(ctx, "/office/sign-out")
}

func roleName(ctx context.Context, role identity.Role) string {
	return locale.T(ctx, "identity.role."+string(role))
}

// tokenFor says for whom a key acts.
func tokenFor(ctx context.Context, t identity.Token) string {
	switch {
	case t.Owner != 0:
		return t.By
	case t.Newsroom != "":
		return roleName(ctx, t.Role) + ", " + t.Newsroom
	}
	return roleName(ctx, t.Role)
}

// mendable tells whether the form should be shown again with the faults in err.
func mendable(err error) bool {
	return fault.Is(err, fault.KindInvalid) || fault.Is(err, fault.KindConflict)
}

// general returns the problem that belongs to no field, if there is one.
func general(faults map[string]string) []ui.Problem {
	if faults[""] == "" {
		return nil
	}
	return []ui.Problem{{Text: faults[""]}}
}

// staffOf returns the account that the path names.
func (p *Pages) staffOf(r *http.Request) (identity.Staff, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return identity.Staff{}, fault.NotFound("identity.staff_unknown").Because(err)
	}
	return p.room.StaffByID(r.Context(), id)
}
