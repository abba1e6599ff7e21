package peopleweb

import (
	"net/http"
	"strconv"

	"unoxuno/internal/fault"
	"unoxuno/internal/people"
	"unoxuno/internal/web"
	"unoxuno/internal/web/ui"
)

// codeView asks at the desk for the code that was sent to the person's telephone.
type codeView struct {
	people.Person
	Code   ui.Field
	Action string
}

// officeCodeSend sends a code to an unconfirmed number of the person.
func (p *Pages) officeCodeSend(w http.ResponseWriter, r *http.Request) error {
	person, err := p.officePersonOf(r)
	if err != nil {
		return err
	}
	address, err := officeAddressOf(r, person)
	if err == nil && (address.Channel != people.SMS || !p.texting()) {
		err = fault.NotFound("peopleweb.office.address.unknown")
	}
	if err != nil {
		return err
	}
	pending, err := p.People.AskAddress(r.Context(), person.ID, people.SMS, address.Value)
	if err != nil {
		return err
	}
	return p.officeCodeTo(w, r, person.ID, pending)
}

// officeCodeTo sends a code to the unconfirmed number and asks for it.
func (p *Pages) officeCodeTo(w http.ResponseWriter, r *http.Request, person int64, pending people.Pending) error {
	if err := p.sendCode(r.Context(), pending); err != nil {
		return err
	}
	token := p.Sealer.Ints(codePurpose, pending.Expires, pending.ID, int64(toDesk))
	return web.Go(w, r, officePath(person, "/code/"+token))
}

func (p *Pages) officeCodeAsk(w http.ResponseWriter, r *http.Request) error {
	if _, err := p.askedAtDesk(r); err != nil {
		return err
	}
	return p.renderCode(w, r, http.StatusOK, "")
}

func (p *Pages) renderCode(w http.ResponseWriter, r *http.Request, status int, wrong string) error {
	ctx := r.Context()
	person, err := p.officePersonOf(r)
	if err != nil {
		return err
	}
	return web.Render(w, r, status, officeCodePage(codeView{
		Person: person, Action: officeURL(ctx, person.ID, "/code/"+r.PathValue("token")),
		Code: ui.Field{
			Name: "code", Label: tell(ctx, "code.code"), Help: tell(ctx, "code.help", "Minutes", strconv.Itoa(int(people.CodeLife.Minutes()))),
			Error: wrong, Required: true, Short: true, Autocomplete: "off", Inputmode: "numeric", MaxLength: 12,
		},
	}))
}

// officeCodeTake confirms the number if the code is right.
func (p *Pages) officeCodeTake(w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	signUp, err := p.askedAtDesk(r)
	var c people.Confirmation
	if err == nil {
		c, err = p.confirmByCode(r.Context(), signUp, form.Get("code"))
	}
	if mendable(err) || fault.Is(err, fault.KindExpired) {
		return p.renderCode(w, r, http.StatusUnprocessableEntity, web.Sentence(r.Context(), err))
	}
	if err != nil {
		return err
	}
	return p.changed(w, r, c.Person, "address_confirmed")
}

// askedAtDesk is what the token in the path waits for, when its code was asked for at the desk.
func (p *Pages) askedAtDesk(r *http.Request) (signUp int64, err error) {
	signUp, then, err := p.asked(r)
	if err == nil && then != toDesk {
		err = fault.Expired("people.code.gone")
	}
	return signUp, err
}
