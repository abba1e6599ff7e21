package peopleweb

import (
	"context"
	"crypto/hmac"
	"encoding/binary"
	"fmt"
	"net/http"
	"strings"
	"time"

	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/fault"
	"unoxuno/internal/locale"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
	"unoxuno/internal/web"
)

// codePurpose is the purpose of the token in the URL of the page that asks for a code. The token has the sign-up and the
// page to go to after confirmation. digitsPurpose is the purpose of the code itself.
const (
	codePurpose   = "people.code"
	digitsPurpose = "people.code-digits"
)

// after is the page to go to after the right code. Tokens contain the number.
type after int64

const (
	toWelcome   after = 0 // a sign-up was confirmed
	toAddresses after = 2 // she added a number on her page
	toDesk      after = 3 // staff typed the code at the desk
)

// codeDigits is the length of a code: short enough to read from a telephone and type.
const codeDigits = 6

// codeOf returns the code of a sign-up or an entry that was made at that moment. It is computed again when the code
// comes back, so it is stored nowhere.
func (p *Pages) codeOf(signUp int64, made time.Time) string {
	digest := p.Sealer.Digest(digitsPurpose, fmt.Sprint(signUp, "/", made.UnixMilli()))
	return fmt.Sprintf("%0*d", codeDigits, binary.BigEndian.Uint64(digest)%1_000_000)
}

// texting tells whether the town sends text messages, so that the form can ask for a telephone.
func (p *Pages) texting() bool { return p.Texting != nil && p.Texting() }

// sendCode sends the code of an unconfirmed address by text message, unless that was done too often.
func (p *Pages) sendCode(ctx context.Context, pending people.Pending) error {
	if !pending.Send {
		return nil
	}
	code := p.codeOf(pending.ID, pending.Coded)
	text := say(ctx, "code.sms", "Town", web.TownOf(ctx).Name, "Code", code, "Minutes", int(people.CodeLife.Minutes()))
	err := p.DB.Tx(ctx, func(tx *storage.Tx) error {
		return p.Mailer.Post(ctx, tx, delivery.Note{
			Channel: delivery.SMS, Kind: delivery.NoteCode, To: pending.Address, Language: locale.Lang(ctx),
			Text: sms.Look(text, sms.Options{}).Text, Expires: pending.Coded.Add(people.CodeLife),
		})
	})
	if err == nil {
		p.Mailer.Wake()
	}
	return err
}

// askCode redirects to the page that asks for the code.
func (p *Pages) askCode(w http.ResponseWriter, r *http.Request, pending people.Pending, then after) error {
	return web.Go(w, r, "/code/"+p.Sealer.Ints(codePurpose, pending.Expires, pending.ID, int64(then)))
}

// asked returns the content of the token in the path of a sign-up's code page.
func (p *Pages) asked(r *http.Request) (signUp int64, then after, err error) {
	ints, err := p.Sealer.OpenInts(codePurpose, r.PathValue("token"), p.Clock.Now(), 2)
	if err != nil {
		return 0, 0, fault.Expired("people.signup.gone").Because(err)
	}
	return ints[0], after(ints[1]), nil
}

// codeAsk shows the page that asks for the code of a sign-up or an entry.
func (p *Pages) codeAsk(w http.ResponseWriter, r *http.Request) error {
	if _, _, err := p.asked(r); err != nil {
		if _, _, ok := p.entryOf(r, entryCodePurpose); !ok {
			return web.Render(w, r, http.StatusGone, joinExpiredPage())
		}
	}
	return web.Render(w, r, http.StatusOK, codePage(r.PathValue("token"), "", web.Notices(r)))
}

// codeTake confirms a sign-up, an address or an entry if the code is right, and opens her own page: the person who
// reads the telephone has proved who she is.
func (p *Pages) codeTake(w http.ResponseWriter, r *http.Request) error {
	if err := p.limits.visitor.Allow(web.ClientNetwork(r)); err != nil {
		return err
	}
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	if entry, to, ok := p.entryOf(r, entryCodePurpose); ok {
		s, err := p.enterByCode(ctx, entry, form.Get("code"))
		if err != nil {
			return p.wrongCode(w, r, err)
		}
		return p.goIn(w, r, s, to.page())
	}
	signUp, then, err := p.asked(r)
	if err != nil || then != toWelcome && then != toAddresses { // what the desk asked for opens no page
		return web.Render(w, r, http.StatusGone, joinExpiredPage())
	}
	c, err := p.confirmByCode(ctx, signUp, form.Get("code"))
	if err != nil {
		return p.wrongCode(w, r, err)
	}
	s, err := p.People.BeginSession(ctx, c.Person, c.Address)
	if err != nil {
		return err
	}
	if then == toAddresses {
		setSession(w, r, s.Token)
		return web.Done(w, r, "/me/"+p.OwnPage.OwnPageToken(s.Person, s.Address)+"/addresses", "peopleweb.done.address_confirmed")
	}
	return p.goIn(w, r, s, "welcome")
}

// wrongCode asks for the code again and shows the fault.
func (p *Pages) wrongCode(w http.ResponseWriter, r *http.Request, err error) error {
	switch {
	case fault.Is(err, fault.KindConflict):
		return web.Render(w, r, http.StatusConflict, addressTakenPage())
	case fault.Is(err, fault.KindExpired), fault.Is(err, fault.KindInvalid):
		return web.Render(w, r, http.StatusUnprocessableEntity, codePage(r.PathValue("token"), web.Sentence(r.Context(), err), nil))
	}
	return err
}

// enterByCode uses the entry if the code is right. If nobody has the entry's address, no code is right, and every code
// is answered like a mistyped one.
func (p *Pages) enterByCode(ctx context.Context, entry int64, typed string) (people.Session, error) {
	made, err := p.People.TryEntry(ctx, entry)
	if err != nil {
		return people.Session{}, err
	}
	if err := p.compare(typed, entry, made); err != nil {
		return people.Session{}, err
	}
	s, err := p.People.UseEntry(ctx, entry)
	if fault.Is(err, fault.KindNotFound) {
		err = wrongCode()
	}
	return s, err
}

// confirmByCode confirms the sign-up, or the address, if the code is right. A code works once.
func (p *Pages) confirmByCode(ctx context.Context, signUp int64, typed string) (people.Confirmation, error) {
	made, err := p.People.TryCode(ctx, signUp)
	if err != nil {
		return people.Confirmation{}, err
	}
	if err := p.compare(typed, signUp, made); err != nil {
		return people.Confirmation{}, err
	}
	c, err := p.People.ConfirmSignUp(ctx, signUp)
	if err == nil && !c.First {
		err = fault.Expired("people.code.gone")
	}
	return c, err
}

func wrongCode() error { return fault.Invalid("peopleweb.public.code.wrong") }

// compare fails unless typed is the code made at that moment.
func (p *Pages) compare(typed string, id int64, made time.Time) error {
	digits := strings.Map(func(c rune) rune {
		if c < '0' || c > '9' {
			return -1 // spaces, as telephones show the code
		}
		return c
	}, typed)
	if !hmac.Equal([]byte(digits), []byte(p.codeOf(id, made))) {
		return wrongCode()
	}
	return nil
}

// codeAgain sends another code. Too many requests get the same answer.
func (p *Pages) codeAgain(w http.ResponseWriter, r *http.Request) error {
	if err := p.limits.visitor.Allow(web.ClientNetwork(r)); err != nil {
		return err
	}
	ctx := r.Context()
	if entry, to, ok := p.entryOf(r, entryCodePurpose); ok {
		e, err := p.People.Entry(ctx, entry)
		if err == nil {
			e, err = p.postEntry(ctx, e.Channel, e.Address, to)
		}
		if fault.Is(err, fault.KindExpired) {
			return web.Render(w, r, http.StatusGone, linkExpiredPage())
		}
		if err != nil {
			return err
		}
		return web.Done(w, r, "/code/"+p.Sealer.Ints(entryCodePurpose, e.Expires, e.ID, int64(to)), "peopleweb.done.code_sent")
	}
	signUp, _, err := p.asked(r)
	if err != nil {
		return web.Render(w, r, http.StatusGone, joinExpiredPage())
	}
	pending, err := p.People.NewCode(ctx, signUp)
	if err == nil {
		err = p.sendCode(ctx, pending)
	}
	if err != nil && !fault.Is(err, fault.KindExpired) { // nothing waits any more: it was confirmed
		return err
	}
	return web.Done(w, r, "/code/"+r.PathValue("token"), "peopleweb.done.code_sent")
}
