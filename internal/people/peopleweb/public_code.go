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

// after is where a right code leads to.
type after int64

const (
	toWelcome   after = iota // a sign-up is confirmed
	toOwnPage                // she asked for the link to her page
	toAddresses              // she added a number on her page
	toDesk                   // she reads it to who registers her
)

// codeDigits is how long a code is: short enough to be read from a telephone and typed.
const codeDigits = 6

// codeOf is the code of a sign-up, made at a moment. It is worked out anew when it comes back: nothing of it is kept.
func (p *Pages) codeOf(signUp int64, made time.Time) string {
	digest := p.Sealer.Digest(codePurpose, fmt.Sprint(signUp, "/", made.UnixMilli()))
	return fmt.Sprintf("%0*d", codeDigits, binary.BigEndian.Uint64(digest)%1_000_000)
}

// texting tells whether the town sends text messages, so that a telephone can be asked for.
func (p *Pages) texting() bool { return p.Texting != nil && p.Texting() }

// sendCode sends the code of a pending address by text message, unless that was done too often.
func (p *Pages) sendCode(ctx context.Context, pending people.Pending) error {
	if !pending.Send || p.limits.address.Allow(pending.Address) != nil {
		return nil //nolint:nilerr // past the limit nothing is sent, and the answer is the same still
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

// asked is what the token in the path of a code's page says.
func (p *Pages) asked(r *http.Request) (signUp int64, then after, err error) {
	ints, err := p.Sealer.OpenInts(codePurpose, r.PathValue("token"), p.Clock.Now(), 2)
	if err != nil {
		return 0, 0, fault.Expired("people.signup.gone").Because(err)
	}
	return ints[0], after(ints[1]), nil
}

// codeAsk asks for the code.
func (p *Pages) codeAsk(w http.ResponseWriter, r *http.Request) error {
	if _, _, err := p.asked(r); err != nil {
		return web.Render(w, r, http.StatusGone, joinExpiredPage())
	}
	return web.Render(w, r, http.StatusOK, codePage(r.PathValue("token"), "", web.Notices(r)))
}

// codeTake does what the right code confirms, and leads to her own page: whoever reads the telephone has proved to be her.
func (p *Pages) codeTake(w http.ResponseWriter, r *http.Request) error {
	if err := p.limits.visitor.Allow(web.ClientNetwork(r)); err != nil {
		return err
	}
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	signUp, then, err := p.asked(r)
	if err != nil {
		return web.Render(w, r, http.StatusGone, joinExpiredPage())
	}
	ctx := r.Context()
	if err = p.rightCode(ctx, signUp, form.Get("code")); err == nil {
		var person int64
		if person, err = p.People.ConfirmSignUp(ctx, signUp); err == nil {
			return p.goAfter(w, r, person, then)
		}
	}
	switch {
	case fault.Is(err, fault.KindConflict):
		return web.Render(w, r, http.StatusConflict, addressTakenPage())
	case fault.Is(err, fault.KindExpired), fault.Is(err, fault.KindInvalid):
		return web.Render(w, r, http.StatusUnprocessableEntity, codePage(r.PathValue("token"), web.Sentence(ctx, err), nil))
	}
	return err
}

// rightCode fails with people.code.gone or with peopleweb.public.code.wrong.
func (p *Pages) rightCode(ctx context.Context, signUp int64, typed string) error {
	made, err := p.People.TryCode(ctx, signUp)
	if err != nil {
		return err
	}
	digits := strings.Map(func(c rune) rune {
		if c < '0' || c > '9' {
			return -1 // spaces, as telephones show them
		}
		return c
	}, typed)
	if !hmac.Equal([]byte(digits), []byte(p.codeOf(signUp, made))) {
		return fault.Invalid("peopleweb.public.code.wrong")
	}
	return nil
}

func (p *Pages) goAfter(w http.ResponseWriter, r *http.Request, person int64, then after) error {
	own := "/me/" + p.OwnPage.OwnPageToken(person)
	switch then {
	case toWelcome:
		return web.Go(w, r, own+"/welcome")
	case toAddresses:
		return web.Done(w, r, own+"/addresses", "peopleweb.done.address_confirmed")
	}
	return web.Go(w, r, own)
}

// codeAgain sends another code; who asks too often is answered the same.
func (p *Pages) codeAgain(w http.ResponseWriter, r *http.Request) error {
	if err := p.limits.visitor.Allow(web.ClientNetwork(r)); err != nil {
		return err
	}
	signUp, _, err := p.asked(r)
	if err != nil {
		return web.Render(w, r, http.StatusGone, joinExpiredPage())
	}
	pending, err := p.People.NewCode(r.Context(), signUp)
	if err == nil {
		err = p.sendCode(r.Context(), pending)
	}
	if err != nil && !fault.Is(err, fault.KindExpired) { // nothing waits there: it is a stranger's, or done
		return err
	}
	return web.Done(w, r, "/code/"+r.PathValue("token"), "peopleweb.done.code_sent")
}

// linkByText sends a code to the number if it is somebody's; the page that asks for it is the same if it is not.
func (p *Pages) linkByText(w http.ResponseWriter, r *http.Request, number string) error {
	ctx := r.Context()
	nobody := people.Pending{ID: storage.NewID(), Expires: p.Clock.Now().Add(people.CodeLife)}
	person, known, err := p.People.ByAddress(ctx, people.SMS, number)
	if err != nil {
		return err
	}
	if !known {
		return p.askCode(w, r, nobody, toOwnPage)
	}
	pending, err := p.People.AskAddress(ctx, person, people.SMS, number)
	if err == nil {
		err = p.sendCode(ctx, pending)
	}
	if err != nil {
		return err
	}
	pending.Expires = nobody.Expires // how long the page lasts tells nothing either
	return p.askCode(w, r, pending, toOwnPage)
}
