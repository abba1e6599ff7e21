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

// codePurpose is the purpose of codes, and of the token in the address of the page that asks for one: the sign-up, and
// where to go once it is confirmed.
const codePurpose = "people.code"

// after is where the right code of a sign-up, or of a new address, leads to. Tokens hold the number.
type after int64

const (
	toWelcome   after = 0 // a sign-up is confirmed
	toAddresses after = 2 // she added a number on her page
	toDesk      after = 3 // she reads it to who registers her
)

// codeDigits is how long a code is: short enough to be read from a telephone and typed.
const codeDigits = 6

// codeOf is the code of a sign-up or an entry, made at a moment. It is worked out anew when it comes back: nothing of it is kept.
func (p *Pages) codeOf(signUp int64, made time.Time) string {
	digest := p.Sealer.Digest(codePurpose, fmt.Sprint(signUp, "/", made.UnixMilli()))
	return fmt.Sprintf("%0*d", codeDigits, binary.BigEndian.Uint64(digest)%1_000_000)
}

// texting tells whether the town sends text messages, so that a telephone can be asked for.
func (p *Pages) texting() bool { return p.Texting != nil && p.Texting() }

// sendCode sends the code of a pending address by text message, unless that was done too often.
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

// askCode leads to the page that asks for the code.
func (p *Pages) askCode(w http.ResponseWriter, r *http.Request, pending people.Pending, then after) error {
	return web.Go(w, r, "/code/"+p.Sealer.Ints(codePurpose, pending.Expires, pending.ID, int64(then)))
}

// asked is what the token in the path of the page of a sign-up's code says.
func (p *Pages) asked(r *http.Request) (signUp int64, then after, err error) {
	ints, err := p.Sealer.OpenInts(codePurpose, r.PathValue("token"), p.Clock.Now(), 2)
	if err != nil {
		return 0, 0, fault.Expired("people.signup.gone").Because(err)
	}
	return ints[0], after(ints[1]), nil
}

// codeAsk asks for the code, of a sign-up or of an entry: the page is the same.
func (p *Pages) codeAsk(w http.ResponseWriter, r *http.Request) error {
	if _, _, err := p.asked(r); err != nil {
		if _, _, ok := p.entryOf(r, entryCodePurpose); !ok {
			return web.Render(w, r, http.StatusGone, joinExpiredPage())
		}
	}
	return web.Render(w, r, http.StatusOK, codePage(r.PathValue("token"), "", web.Notices(r)))
}

// codeTake does what the right code confirms, and opens her own page: whoever reads the telephone has proved to be her.
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
	if err != nil || then != toWelcome && then != toAddresses { // what is asked at the desk opens no page
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

// wrongCode asks for the code again, with what was wrong.
func (p *Pages) wrongCode(w http.ResponseWriter, r *http.Request, err error) error {
	switch {
	case fault.Is(err, fault.KindConflict):
		return web.Render(w, r, http.StatusConflict, addressTakenPage())
	case fault.Is(err, fault.KindExpired), fault.Is(err, fault.KindInvalid):
		return web.Render(w, r, http.StatusUnprocessableEntity, codePage(r.PathValue("token"), web.Sentence(r.Context(), err), nil))
	}
	return err
}

// enterByCode uses the entry if the code is right. An entry that was asked for at an address which is nobody's has no right
// code: whatever is typed is answered like a slip.
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

// confirmByCode confirms the sign-up, or the address, if the code is right. A code is used once.
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

// compare fails unless what was typed is the code made at that moment.
func (p *Pages) compare(typed string, id int64, made time.Time) error {
	digits := strings.Map(func(c rune) rune {
		if c < '0' || c > '9' {
			return -1 // spaces, as telephones show them
		}
		return c
	}, typed)
	if !hmac.Equal([]byte(digits), []byte(p.codeOf(id, made))) {
		return wrongCode()
	}
	return nil
}

// codeAgain sends another code; who asks too often is answered the same.
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
	if err != nil && !fault.Is(err, fault.KindExpired) { // nothing waits there: it is done
		return err
	}
	return web.Done(w, r, "/code/"+r.PathValue("token"), "peopleweb.done.code_sent")
}
