package peopleweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"unoxuno/internal/fault"
	"unoxuno/internal/locale"
	"unoxuno/internal/people"
	"unoxuno/internal/web"
)

// step is one of the three steps of a sign-up.
type step int

const (
	stepWho   step = iota // chi sei
	stepWants             // cosa vuoi
	stepReach             // how to reach you
	stepSend              // after the last step the form is sent
)

// String returns the name of the step in the form.
func (s step) String() string { return [...]string{"who", "wants", "reach", "send"}[s] }

func stepOf(name string) step {
	for _, s := range []step{stepWants, stepReach, stepSend} {
		if s.String() == name {
			return s
		}
	}
	return stepWho
}

// fields returns the form fields of a step. Only these may have faults in it.
func (s step) fields() []string {
	switch s {
	case stepWho:
		return []string{"who", "place", "birth_date", "language"}
	case stepWants:
		return []string{"wants", "newsletters", "profile", "consents"}
	default:
		return []string{"address", "mobile", "given_name", "family_name", "organisation", "agree", "reading"}
	}
}

// join is an unfinished sign-up. It is carried in the form from step to step, so that going back loses nothing, and
// nothing is stored about a visitor who leaves.
type join struct {
	Who, Wants, Newsletters     []string
	Place, Birth, Language      string
	Address, Mobile             string
	Given, Family, Organisation string
	Profile, Agree, Reading     bool
}

// maxAnswers is the largest number of answers read for one question, more than any town has newsletters.
const maxAnswers = 300

func readJoin(form url.Values) join {
	many := func(name string) []string {
		chosen := form[name]
		chosen = chosen[:min(len(chosen), maxAnswers)]
		slices.Sort(chosen)
		return slices.Compact(chosen)
	}
	return join{
		Who: many("who"), Wants: many("wants"), Newsletters: many("newsletters"),
		Place: form.Get("place"), Birth: form.Get("birth_date"), Language: form.Get("language"),
		Address: form.Get("address"), Mobile: form.Get("mobile"), Given: form.Get("given_name"), Family: form.Get("family_name"),
		Organisation: form.Get("organisation"),
		Profile:      form.Get("profile") != "", Agree: form.Get("agree") != "", Reading: form.Get("reading") != "",
	}
}

// values returns the answers as form fields.
func (j join) values() url.Values {
	v := url.Values{"who": j.Who, "wants": j.Wants, "newsletters": j.Newsletters}
	for name, value := range map[string]string{
		"place": j.Place, "birth_date": j.Birth, "language": j.Language, "address": j.Address, "mobile": j.Mobile,
		"given_name": j.Given, "family_name": j.Family, "organisation": j.Organisation,
	} {
		v.Set(name, value)
	}
	for name, yes := range map[string]bool{"profile": j.Profile, "agree": j.Agree, "reading": j.Reading} {
		if yes {
			v.Set(name, "1")
		}
	}
	return v
}

// carried returns the answers that are not asked on the page of step s, for hidden fields.
func (j join) carried(s step) []carried {
	var list []carried
	for _, other := range []step{stepWho, stepWants, stepReach} {
		if other == s {
			continue
		}
		for _, name := range other.fields() {
			for _, value := range j.values()[name] {
				if value != "" {
					list = append(list, carried{name, value})
				}
			}
		}
	}
	return list
}

type carried struct{ Name, Value string }

// details returns the answers about herself, or their faults.
func (j join) details() (people.Details, error) {
	d := people.Details{
		Kind: people.KindPerson, Given: j.Given, Family: j.Family, Organisation: j.Organisation,
		Language: j.Language, Place: j.Place, Who: j.Who, Wants: j.Wants,
	}
	if strings.TrimSpace(j.Organisation) != "" {
		d.Kind = people.KindOrganisation
	}
	var problems fault.Problems
	var err error
	d.Born, err = people.ParseBirth(j.Birth)
	if err = problems.Add("birth_date", err); err != nil {
		return d, err
	}
	return d, problems.Err()
}

// draft returns the whole sign-up, or the faults of the form. texting means that a mobile number is enough.
func (j join) draft(texting bool) (people.Draft, error) {
	var problems fault.Problems
	details, err := j.details()
	if err = problems.Add("", err); err != nil {
		return people.Draft{}, err
	}
	reach := people.Draft{Channel: people.Email, Address: j.Address, Mobile: strings.TrimSpace(j.Mobile)}
	switch none := strings.TrimSpace(j.Address) == ""; {
	case none && reach.Mobile != "":
		reach = people.Draft{Channel: people.SMS, Address: reach.Mobile}
	case none && texting:
		problems = append(problems, fault.Invalid("people.address.either").On("address"))
	default:
		_, err = people.NormalEmail(j.Address)
		if err = problems.Add("address", err); err != nil {
			return people.Draft{}, err
		}
	}
	if len(j.Newsletters) > 0 && !j.Agree {
		problems = append(problems, fault.Invalid("peopleweb.public.join.agree_missing").On("agree"))
	}
	reach.Details, reach.Newsletters, reach.Profile, reach.Reading = details, slices.Clone(j.Newsletters), j.Profile, j.Reading
	return reach, problems.Err()
}

// joinBegin shows the first step. ?newsletter= and ?topic= are what she chose by a "subscribe" button.
func (p *Pages) joinBegin(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	j := readJoin(url.Values{"newsletters": q["newsletter"], "wants": q["topic"], "language": {locale.Lang(r.Context())}})
	return p.showJoin(w, r, http.StatusOK, stepWho, j, nil)
}

// joinStep goes to the next step if the answers of this one are valid, or back in any case.
func (p *Pages) joinStep(w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	at, to, j := stepOf(form.Get("step")), stepOf(form.Get("go")), readJoin(form)
	if to == stepSend {
		return p.joinSend(w, r, j)
	}
	if to > at {
		if _, err := j.details(); err != nil {
			if len(fault.List(err)) == 0 {
				return err
			}
			return p.showJoin(w, r, http.StatusUnprocessableEntity, stepWho, j, err)
		}
	}
	return p.showJoin(w, r, http.StatusOK, to, j, nil)
}

// joinSend stores the sign-up and writes to its address. Its answer does not depend on whether the address is known.
func (p *Pages) joinSend(w http.ResponseWriter, r *http.Request, j join) error {
	if err := p.limits.visitor.Allow(web.ClientNetwork(r)); err != nil {
		return err
	}
	ctx := r.Context()
	if !p.texting() {
		j.Mobile = ""
	}
	draft, err := j.draft(p.texting())
	var pending people.Pending
	if err == nil {
		pending, err = p.People.SignUp(ctx, draft)
	}
	if fault.Is(err, fault.KindInvalid) {
		return p.showJoin(w, r, http.StatusUnprocessableEntity, firstWrong(err), j, err)
	}
	if err != nil {
		return err
	}
	if pending.Channel == people.SMS {
		if err := p.sendCode(ctx, pending); err != nil {
			return err
		}
		return p.askCode(w, r, pending, toWelcome)
	}
	if pending.Send {
		if err := p.mail(ctx, confirmLetter(ctx, p.joinLink(ctx, pending), pending)); err != nil {
			return err
		}
	}
	return web.Go(w, r, "/join/sent")
}

// firstWrong returns the first step with a faulty answer.
func firstWrong(err error) step {
	for _, s := range []step{stepWho, stepWants, stepReach} {
		for _, f := range fault.List(err) {
			if slices.Contains(s.fields(), f.Field) {
				return s
			}
		}
	}
	return stepReach
}

func (p *Pages) showJoin(w http.ResponseWriter, r *http.Request, status int, s step, j join, wrong error) error {
	view, err := p.joinView(r.Context(), s, j)
	if err != nil {
		return err
	}
	if wrong != nil {
		view.Errors = web.FieldErrors(r.Context(), wrong)
	}
	// If her page is open in this browser, what she already receives is not offered again.
	session, open, err := p.sessionOf(r)
	if err != nil {
		return err
	}
	if open {
		received, err := p.Newsletters.ReceivedBy(r.Context(), session.Person)
		if err != nil {
			return err
		}
		view.Suggested, view.Others = without(view.Suggested, received), without(view.Others, received)
		view.Open = true
	}
	return web.Render(w, r, status, joinPage(view))
}

// joinView is the content of a sign-up page.
type joinView struct {
	join
	Step      step
	Errors    map[string]string // by field
	Lists     lists
	Texting   bool // a telephone number is accepted
	Suggested []Offer
	Others    []Offer
	Open      bool // an own page is open in this browser
	Texts     map[people.Purpose]people.ConsentText
}

func (p *Pages) joinView(ctx context.Context, s step, j join) (joinView, error) {
	view := joinView{join: j, Step: s, Texting: p.texting()}
	var err error
	if view.Lists, err = p.lists(ctx); err != nil {
		return view, err
	}
	offers, err := p.Newsletters.Offered(ctx)
	if err != nil {
		return view, err
	}
	view.Lists.cover(offers, j)
	view.Suggested, view.Others = suggest(offers, j)
	view.Texts, err = p.consentTexts(ctx)
	return view, err
}

func (p *Pages) consentTexts(ctx context.Context) (map[people.Purpose]people.ConsentText, error) {
	texts, err := p.People.ConsentTexts(ctx)
	byPurpose := make(map[people.Purpose]people.ConsentText, len(texts))
	for _, t := range texts {
		byPurpose[t.Purpose] = t
	}
	return byPurpose, err
}
