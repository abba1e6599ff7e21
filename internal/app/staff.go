package app

import (
	"slices"

	"unoxuno/internal/fault"
	"unoxuno/internal/identity"
	"unoxuno/internal/newsletters"
)

type staffCmd struct {
	Add staffAddCmd `cmd:"" help:"Open an account and print the link by which its owner chooses a password."`
}

type staffAddCmd struct {
	Email    string   `arg:"" help:"The account's e-mail address."`
	Role     string   `required:"" help:"administrator, publisher, editor or operator."`
	Newsroom []string `help:"Newsroom that bounds the role; may be given several times." placeholder:"SLUG"`
	Name     string   `help:"How the person is called." placeholder:"NAME"`
}

// Run opens the account.
func (c staffAddCmd) Run(r *run) error {
	h, err := r.openHouse()
	if err != nil {
		return err
	}
	defer h.close(r)
	role, err := identity.ParseRole(c.Role)
	if err != nil {
		return err
	}
	if err := h.knownNewsrooms(r, c.Newsroom); err != nil {
		return err
	}
	s, err := h.identity.AddStaff(r.ctx, identity.Staff{Email: c.Email, Name: c.Name, Role: role, Newsrooms: c.Newsroom})
	if err != nil {
		return err
	}
	token, err := h.identity.Invitation(r.ctx, s.ID)
	if err != nil {
		return err
	}
	r.tell("app.staff_added", "Email", s.Email, "Role", string(s.Role))
	r.tell("app.staff_link", "URL", r.config.PublicURL+"/office/invitation/"+token)
	return nil
}

type tokenCmd struct {
	Create tokenCreateCmd `cmd:"" help:"Make a key by which a program acts with a role, and print it this once."`
	List   tokenListCmd   `cmd:"" help:"List the keys: what for, what they may, until when, used last."`
	Revoke tokenRevokeCmd `cmd:"" help:"End a key at once."`
}

type tokenCreateCmd struct {
	Role     string `required:"" help:"administrator, publisher, editor or operator."`
	Newsroom string `help:"Newsroom that bounds the role." placeholder:"SLUG"`
	Label    string `help:"What the key is for, to recognise it in the audit log." default:"token"`
}

// Run makes the key.
func (c tokenCreateCmd) Run(r *run) error {
	h, err := r.openHouse()
	if err != nil {
		return err
	}
	defer h.close(r)
	if c.Newsroom != "" {
		if err := h.knownNewsrooms(r, []string{c.Newsroom}); err != nil {
			return err
		}
	}
	token, expires, err := h.identity.CreateToken(r.ctx, identity.Role(c.Role), c.Newsroom, c.Label)
	if err != nil {
		return err
	}
	r.tell("app.token", "Token", token, "Expires", expires.Format("2006-01-02"))
	return nil
}

// knownNewsrooms refuses a newsroom that the town has not declared.
func (h *house) knownNewsrooms(r *run, slugs []string) error {
	all, err := h.newsletters.Newsrooms(r.ctx)
	if err != nil {
		return err
	}
	for _, slug := range slugs {
		if !slices.ContainsFunc(all, func(n newsletters.Newsroom) bool { return n.Slug == slug }) {
			return fault.NotFound("app.newsroom_unknown", "Newsroom", slug)
		}
	}
	return nil
}
