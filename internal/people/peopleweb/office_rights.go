package peopleweb

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"unoxuno/internal/fault"
	"unoxuno/internal/people"
	"unoxuno/internal/web"
	"unoxuno/internal/web/ui"
)

// atCounter is the source of consents that were given at the desk.
const atCounter = "counter"

// confirmView asks for confirmation of something that cannot be undone.
type confirmView struct {
	Person                   people.Person
	Title, Text, Yes, Action string
	Reason                   *ui.Field // asked for, where the reason is stored
}

func (p *Pages) officeSubscribe(w http.ResponseWriter, r *http.Request) error {
	return p.subscription(w, r, p.Newsletters.Subscribe, "subscribed")
}

func (p *Pages) officeUnsubscribe(w http.ResponseWriter, r *http.Request) error {
	return p.subscription(w, r, p.Newsletters.Unsubscribe, "unsubscribed")
}

// subscription begins or ends a subscription at the desk. The desk does not handle sensitive newsletters: the person
// does that herself.
func (p *Pages) subscription(w http.ResponseWriter, r *http.Request, do func(context.Context, int64, string) error, done string) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	person, err := p.officePersonOf(r)
	if err != nil {
		return err
	}
	offers, err := p.subscribable(r.Context())
	if err != nil {
		return err
	}
	slug := form.Get("newsletter")
	if !offered(offers, slug) {
		return fault.Invalid("peopleweb.office.newsletter.choose")
	}
	err = do(r.Context(), person.ID, slug)
	if mendable(err) {
		return p.renderPerson(w, r, http.StatusUnprocessableEntity, person, deskAddress{}, map[string]string{"": web.Sentence(r.Context(), err)})
	}
	if err != nil {
		return err
	}
	return p.changed(w, r, person.ID, done)
}

// officeGrant records a consent that was given at the desk, with its evidence.
func (p *Pages) officeGrant(w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	person, err := p.officePersonOf(r)
	if err != nil {
		return err
	}
	grant, err := p.counterGrant(r.Context(), people.Purpose(form.Get("purpose")), "", form.Get("proof"))
	grant.Parent = strings.TrimSpace(form.Get("parent"))
	if err == nil {
		err = p.People.Grant(r.Context(), person.ID, grant)
	}
	if mendable(err) {
		return p.renderPerson(w, r, http.StatusUnprocessableEntity, person, deskAddress{}, web.FieldErrors(r.Context(), err))
	}
	if err != nil {
		return err
	}
	return p.changed(w, r, person.ID, "granted")
}

// counterGrant returns a consent, given at the desk, to the current wording. It requires evidence, because without it a
// consent is worth nothing.
func (p *Pages) counterGrant(ctx context.Context, purpose people.Purpose, channel people.Channel, proof string) (people.Grant, error) {
	g := people.Grant{Purpose: purpose, Source: atCounter, Channel: channel, Proof: strings.TrimSpace(proof)}
	if g.Proof == "" {
		return g, fault.Invalid("peopleweb.office.consent.proof_missing").On("proof")
	}
	texts, err := p.People.ConsentTexts(ctx)
	for _, t := range texts {
		if t.Purpose == purpose {
			g.TextVersion = t.Version
		}
	}
	return g, err
}

// purposeOf returns the purpose that the path names.
func purposeOf(r *http.Request) (people.Purpose, error) {
	purpose := people.Purpose(r.PathValue("purpose"))
	if !slices.Contains(people.Purposes(), purpose) {
		return "", fault.NotFound("web.not_found")
	}
	return purpose, nil
}

func (p *Pages) officeWithdrawAsk(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	person, err := p.officePersonOf(r)
	if err != nil {
		return err
	}
	purpose, err := purposeOf(r)
	if err != nil {
		return err
	}
	text := "consent.end_text"
	if purpose == people.ForReading {
		text = "consent.end_text_reading"
	}
	return web.Render(w, r, http.StatusOK, confirmPage(confirmView{
		Person: person, Title: tell(ctx, "consent.end_title"), Yes: tell(ctx, "consent.end"),
		Text:   tell(ctx, text, "Purpose", purposeName(ctx, purpose)),
		Action: officeURL(ctx, person.ID, "/consents/"+string(purpose)+"/end"),
		Reason: &ui.Field{Name: "reason", Label: tell(ctx, "consent.reason"), Help: tell(ctx, "consent.reason_help"), Optional: true},
	}))
}

func (p *Pages) officeWithdraw(w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	person, err := p.officePersonOf(r)
	if err != nil {
		return err
	}
	purpose, err := purposeOf(r)
	if err != nil {
		return err
	}
	reason := strings.TrimSpace(form.Get("reason"))
	if reason == "" {
		reason = atCounter
	}
	if err := p.People.Withdraw(r.Context(), person.ID, purpose, reason); err != nil {
		return err
	}
	return p.changed(w, r, person.ID, "withdrawn")
}

// officeExport exports the person's data (GDPR, articles 15 and 20), as far as staff may see it. Every export has the
// same note about what is left out, so that the note reveals nothing. She can get everything from her own page.
func (p *Pages) officeExport(w http.ResponseWriter, r *http.Request) error {
	person, err := p.officePersonOf(r)
	if err != nil {
		return err
	}
	all, err := p.People.Export(r.Context(), person.ID)
	if err != nil {
		return err
	}
	if err := p.note(r.Context(), "exported", person.ID); err != nil {
		return err
	}
	all["withheld"] = tell(r.Context(), "person.export_withheld")
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="person-%d.json"`, person.ID))
	return web.JSON(w, http.StatusOK, all)
}

func (p *Pages) officeEraseAsk(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	person, err := p.officePersonOf(r)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, confirmPage(confirmView{
		Person: person, Title: tell(ctx, "erase.title", "Name", nameOr(ctx, person.Details)), Text: tell(ctx, "erase.text"),
		Yes: tell(ctx, "erase.yes"), Action: officeURL(ctx, person.ID, "/erase"),
	}))
}

// officeErase removes the person from every room (GDPR, article 17).
func (p *Pages) officeErase(w http.ResponseWriter, r *http.Request) error {
	person, err := p.officePersonOf(r)
	if err != nil {
		return err
	}
	if err := p.People.Erase(r.Context(), person.ID); err != nil {
		return err
	}
	return web.Done(w, r, "/office/people", "peopleweb.office.done.erased")
}
