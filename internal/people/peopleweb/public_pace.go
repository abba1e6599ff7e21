package peopleweb

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"unoxuno/internal/fault"
	"unoxuno/internal/locale"
	"unoxuno/internal/web"
	"unoxuno/internal/web/ui"
)

// Pace is how often a person receives messages, and what she may choose. The paces are "at-once", "daily" and "weekly".
type Pace struct {
	Newsletters []Paced   // her subscriptions by e-mail
	Profile     string    // the pace of what comes by profile
	MostAWeek   int       // the most messages she wants; 0 means as many as the town allows
	TownMost    int       // that the town allows; 0 means no limit
	MostChoice  int       // the largest limit that she may choose
	Paused      time.Time // nothing is sent before; zero if not paused
	Today       time.Time // in the town's zone, as are the next two
	Daily       time.Time // the next daily slot
	Weekly      time.Time // the next weekly slot
}

// Paced is a subscription and its pace.
type Paced struct {
	Slug, Name, Pace string
	Sensitive        bool // subscribing reveals something sensitive
}

// PaceChoice is what she chose in the form.
type PaceChoice struct {
	Paces     map[string]string // by newsletter
	Profile   string
	MostAWeek int
}

// paceView is the page about her pace, with the faults of its two forms.
type paceView struct {
	Pace

	Until  string
	Errors map[string]string
}

// pace shows the page where she chooses how often she receives messages.
func (p *Pages) pace(w http.ResponseWriter, r *http.Request, o owner) error {
	return p.showPace(w, r, http.StatusOK, o, "", nil)
}

func (p *Pages) showPace(w http.ResponseWriter, r *http.Request, status int, o owner, until string, wrong error) error {
	pace, err := p.Newsletters.PaceOf(r.Context(), o.ID)
	if err != nil {
		return err
	}
	if !o.proved {
		pace.Newsletters = slices.DeleteFunc(pace.Newsletters, func(n Paced) bool { return n.Sensitive })
	}
	view := paceView{Pace: pace, Until: until}
	if wrong != nil {
		view.Errors = web.FieldErrors(r.Context(), wrong)
	}
	return web.Render(w, r, status, pacePage(o, view, web.Notices(r)))
}

// paceSave stores her choice.
func (p *Pages) paceSave(w http.ResponseWriter, r *http.Request, o owner) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	choice := readPace(form)
	if !o.proved {
		delicate, err := p.delicate(r.Context())
		if err != nil {
			return err
		}
		maps.DeleteFunc(choice.Paces, func(slug, _ string) bool { return delicate[slug] })
	}
	err = p.Newsletters.ChoosePace(r.Context(), o.ID, choice)
	if fault.Is(err, fault.KindInvalid) {
		return p.showPace(w, r, http.StatusUnprocessableEntity, o, "", err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, o.path("pace"), "peopleweb.done.pace")
}

// readPace reads the form. It has a field for each newsletter, named by its slug.
func readPace(form url.Values) PaceChoice {
	c := PaceChoice{Paces: map[string]string{}, Profile: form.Get("profile")}
	for name := range form {
		if slug, ok := strings.CutPrefix(name, "pace-"); ok && len(c.Paces) < maxAnswers {
			c.Paces[slug] = form.Get(name)
		}
	}
	if most := form.Get("most_a_week"); most != "" {
		n, err := strconv.Atoi(most)
		if err != nil || n < 0 {
			n = -1 // the rules report what is wrong with it
		}
		c.MostAWeek = n
	}
	return c
}

// pause stops messages to her until the day she chose.
func (p *Pages) pause(w http.ResponseWriter, r *http.Request, o owner) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	until := form.Get("until")
	err = p.Newsletters.Pause(r.Context(), o.ID, until)
	if fault.Is(err, fault.KindInvalid) {
		return p.showPace(w, r, http.StatusUnprocessableEntity, o, until, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, o.path("pace"), "peopleweb.done.paused")
}

// resume ends her pause.
func (p *Pages) resume(w http.ResponseWriter, r *http.Request, o owner) error {
	if err := p.Newsletters.EndPause(r.Context(), o.ID); err != nil {
		return err
	}
	return web.Done(w, r, o.path("pace"), "peopleweb.done.resumed")
}

// paceOptions returns the paces, with the times of the town's slots.
func (v paceView) paceOptions(ctx context.Context) []ui.Option {
	return []ui.Option{
		{Value: "at-once", Label: say(ctx, "pace.at-once")},
		{Value: "daily", Label: say(ctx, "pace.daily", "Time", v.Daily.Format("15:04"))},
		{Value: "weekly", Label: say(ctx, "pace.weekly", "Time", v.Weekly.Format("15:04"), "Day", dayName(ctx, v.Weekly))},
	}
}

// mostOptions returns the limits that she may choose.
func (v paceView) mostOptions(ctx context.Context) []ui.Option {
	town := say(ctx, "pace.most_unbound")
	if v.TownMost > 0 {
		town = say(ctx, "pace.most_town", "Count", v.TownMost)
	}
	options := []ui.Option{{Value: "0", Label: town}}
	for n := 1; n <= v.MostChoice && (n < v.TownMost || v.TownMost == 0); n++ {
		options = append(options, ui.Option{Value: strconv.Itoa(n), Label: strconv.Itoa(n)})
	}
	return options
}

// untilField asks for the day on which a pause ends, from tomorrow to a year from now.
func (v paceView) untilField(ctx context.Context) ui.Field {
	return ui.Field{
		Name: "until", Type: "date", Label: say(ctx, "pace.until"), Help: say(ctx, "pace.until_help"), Value: v.Until,
		Error: v.Errors["until"], Min: v.Today.AddDate(0, 0, 1).Format(time.DateOnly), Max: v.Today.AddDate(0, 0, 365).Format(time.DateOnly),
		Required: true, Short: true,
	}
}

// profileField asks for the pace of what comes by profile, mostField for her limit.
func (v paceView) profileField(ctx context.Context) ui.Field {
	return ui.Field{
		Name: "profile", Label: say(ctx, "pace.profile"), Help: say(ctx, "pace.profile_help"), Value: v.Profile, Error: v.Errors["profile"],
	}
}

func (v paceView) mostField(ctx context.Context) ui.Field {
	return ui.Field{
		Name: "most_a_week", Label: say(ctx, "pace.most"), Help: say(ctx, "pace.most_help"), Value: strconv.Itoa(v.MostAWeek),
		Error: v.Errors["most_a_week"],
	}
}

// problems returns all faults on the page.
func (v paceView) problems(ctx context.Context) []ui.Problem {
	all := ui.Problems(v.profileField(ctx), v.mostField(ctx), v.untilField(ctx))
	if v.Errors[""] != "" {
		all = append(all, ui.Problem{Text: v.Errors[""]})
	}
	return all
}

// dayName returns the name of a weekday, for use within a sentence.
func dayName(ctx context.Context, t time.Time) string {
	days := [...]string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}
	return say(ctx, "pace.day."+days[t.Weekday()])
}

// pausedNotice says on the other pages that she has paused.
func pausedNotice(ctx context.Context, pace Pace) []ui.Notice {
	if pace.Paused.IsZero() {
		return nil
	}
	return []ui.Notice{{Tone: ui.Info, Text: say(ctx, "pace.paused", "Date", locale.Date(locale.Lang(ctx), pace.Paused.In(pace.Today.Location())))}}
}
