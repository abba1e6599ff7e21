package app

import (
	"strconv"
	"time"

	"unoxuno/internal/identity"
)

type tokenListCmd struct {
	JSON bool `help:"Print one JSON array."`
}

// listedToken is what `token list` prints of a key.
type listedToken struct {
	ID       int64     `json:"id,string"`
	Label    string    `json:"label"`
	Role     string    `json:"role"`     // "" for a key that acts for an account
	Newsroom string    `json:"newsroom"` // that bounds the role; "" for none
	By       string    `json:"by"`       // who made it
	Created  time.Time `json:"created"`
	Expires  time.Time `json:"expires"`
	Used     time.Time `json:"used,omitzero"`    // last, to the hour
	Revoked  time.Time `json:"revoked,omitzero"` // when it was ended before its time
	Works    bool      `json:"works"`
}

// Run lists the keys, the newest first.
func (c tokenListCmd) Run(r *run) error {
	h, err := r.openHouse()
	if err != nil {
		return err
	}
	defer h.close(r)
	all, err := h.identity.Tokens(r.ctx, 0)
	if err != nil {
		return err
	}
	list := make([]listedToken, len(all))
	for i, t := range all {
		list[i] = listedToken{
			ID: t.ID, Label: t.Label, Role: string(t.Role), Newsroom: t.Newsroom, By: t.By, Created: t.Created, Expires: t.Expires,
			Used: t.Used, Revoked: t.Ended, Works: t.Works(h.clock.Now()),
		}
	}
	if c.JSON {
		return r.json(list)
	}
	if len(list) == 0 {
		r.tell("app.token_none")
	}
	for _, t := range all {
		r.tell("app.token_line", "ID", t.ID, "Label", t.Label, "For", tokenFor(t), "Until", day(t.Expires), "Used", day(t.Used),
			"State", r.say("app.token_"+tokenState(t, h.clock.Now())))
	}
	return nil
}

func tokenFor(t identity.Token) string {
	switch {
	case t.Owner != 0:
		return t.By
	case t.Newsroom != "":
		return string(t.Role) + " " + t.Newsroom
	}
	return string(t.Role)
}

func tokenState(t identity.Token, now time.Time) string {
	switch {
	case !t.Ended.IsZero():
		return "revoked"
	case !t.Expires.After(now):
		return "over"
	}
	return "works"
}

// day is a date as the terminal shows it; a dash for none.
func day(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.Format("2006-01-02")
}

type tokenRevokeCmd struct {
	ID string `arg:"" help:"The key's number, as token list prints it."`
}

// Run ends the key.
func (c tokenRevokeCmd) Run(r *run) error {
	h, err := r.openHouse()
	if err != nil {
		return err
	}
	defer h.close(r)
	id, _ := strconv.ParseInt(c.ID, 10, 64) // what is no number is no key of ours
	if err := h.identity.RevokeToken(r.ctx, id, 0); err != nil {
		return err
	}
	r.tell("app.token_ended")
	return nil
}
