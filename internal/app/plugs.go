package app

import (
	"context"
	"strings"

	"unoxuno/internal/access"
	"unoxuno/internal/delivery"
	"unoxuno/internal/identity/identityweb"
	"unoxuno/internal/locale"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/newsletters/newslettersweb"
	"unoxuno/internal/people"
	"unoxuno/internal/people/peopleweb"
	"unoxuno/internal/storage"
)

// plug lets the rooms meet: newsletters is what delivery sends for, what people asks about subscriptions, and, with
// delivery and identity, one of those that a person's data is gathered from and forgotten by.
func (r *run) plug(h *house) {
	h.newsletters = newsletters.New(newsletters.Deps{
		DB: h.db, Clock: h.clock, Sealer: h.sealer, Words: r.words, Log: r.log, Identity: h.identity, Disclosure: h.disclosure, Town: h.town,
		Taxonomy: h.taxonomy, People: h.people, Delivery: h.delivery,
	}, newsletters.Settings{PublicURL: r.config.PublicURL, MailFrom: r.config.MailFrom, SMSPrice: r.config.SMSPrice})
	h.identity.PlugWords(func() []string {
		t := h.town.Town()
		return []string{t.Name, t.Domain}
	})
	h.delivery.Plug(newsletters.Origin, h.newsletters)
	h.delivery.Plug(newsletters.DigestOrigin, h.newsletters.Digests())
	h.delivery.PlugPersons(h.people)
	h.delivery.PlugFarewells(h.newsletters)
	h.people.PlugConfirmed(func(ctx context.Context, tx *storage.Tx, _ people.Channel, address string) error {
		return h.delivery.Lift(ctx, tx, address)
	})
	h.delivery.PlugHolders(func(ctx context.Context, channel, address string) (bool, error) {
		return h.people.HasHolder(ctx, people.Channel(channel), address)
	})
	h.delivery.PlugCorrespondent(h.newsletters)
	h.people.Plug(h.delivery, h.newsletters)
	h.people.PlugSubscriptions(h.newsletters)
	h.people.PlugAudit(h.identity.Audit)
	h.people.PlugJournal(h.journal.Note)
	h.people.PlugWithdrawn(h.newsletters.Withdrawn)
}

// pages builds every room's pages. Those about people write to the other addresses of a person who has a new one.
func (r *run) pages(h *house) pages {
	p := pages{
		identity: identityweb.New(h.identity, identityweb.Options{
			Clock: h.clock, PublicURL: r.config.PublicURL, Newsrooms: h.newsroomNames,
			Texting: func() bool { return h.delivery.Gateway().Configured }, Mobile: h.people.Mobile, Text: h.text,
			Mail: func(ctx context.Context, l identityweb.Letter) error {
				return h.post(ctx, delivery.Note{
					Kind: "invitation", To: l.To, ToName: l.ToName, Language: l.Language, Subject: l.Subject, Text: l.Text,
				})
			},
		}),
		people: peopleweb.New(peopleweb.Options{
			People: h.people, Taxonomy: h.taxonomy, DB: h.db, Clock: h.clock, Sealer: h.sealer,
			Newsletters: newslettersOf{h.newsletters}, OwnPage: h.newsletters, Mailer: h.delivery, Audit: h.identity,
			Texting:      func() bool { return h.delivery.Gateway().Configured },
			LedgerMonths: h.delivery.LedgerMonths(),
			Gone:         func(ctx context.Context, address string) (bool, error) { return h.delivery.Gone(ctx, h.db, address) },
		}),
		newsletters: newslettersweb.New(newslettersweb.Options{
			Newsletters: h.newsletters, People: h.people, Taxonomy: h.taxonomy, Clock: h.clock, Relay: h.delivery.Relay,
			Relays:  h.delivery.Relays,
			Gateway: h.delivery.Gateway,
		}),
		demo: r.mailbox != nil,
	}
	h.people.PlugAddressAdded(p.people.TellAdded)
	return p
}

func (h *house) newsroomNames(ctx context.Context) ([]identityweb.Newsroom, error) {
	all, err := h.newsletters.Newsrooms(ctx)
	if err != nil {
		return nil, err
	}
	named := make([]identityweb.Newsroom, len(all))
	for i, n := range all {
		named[i] = identityweb.Newsroom{Slug: n.Slug, Name: n.Name.In(locale.Lang(ctx))}
	}
	return named, nil
}

// newslettersOf provides the newsletters for the pages about people.
type newslettersOf struct{ room *newsletters.Room }

// Offered returns the newsletters one may subscribe to.
func (n newslettersOf) Offered(ctx context.Context) ([]peopleweb.Offer, error) {
	all, err := n.room.Catalogue(ctx, newsletters.CatalogueQuery{})
	if err != nil {
		return nil, err
	}
	lang := locale.Lang(ctx)
	offers := make([]peopleweb.Offer, len(all))
	for i, l := range all {
		offers[i] = peopleweb.Offer{
			Slug: l.Slug, Name: l.Name.In(lang), Description: l.Description.In(lang), Topics: l.Topics, For: l.For, Sensitive: l.Sensitive,
		}
	}
	return offers, nil
}

// SubscriptionsOf returns the person's current subscriptions that the context's actor may see.
func (n newslettersOf) SubscriptionsOf(ctx context.Context, person int64) ([]peopleweb.Subscription, error) {
	all, err := n.room.Subscriptions(ctx, person)
	if err != nil {
		return nil, err
	}
	var standing []peopleweb.Subscription
	for _, s := range all {
		if !s.Standing() {
			continue
		}
		l, err := n.room.Newsletter(ctx, s.Newsletter)
		if err != nil {
			return nil, err
		}
		standing = append(standing, peopleweb.Subscription{Newsletter: s.Newsletter, Name: l.Name.In(locale.Lang(ctx)), Since: s.Began})
	}
	return standing, nil
}

// ReceivedBy returns the newsletters the person receives now.
func (n newslettersOf) ReceivedBy(ctx context.Context, person int64) ([]peopleweb.Received, error) {
	all, err := n.room.Receives(ctx, person)
	if err != nil {
		return nil, err
	}
	received := make([]peopleweb.Received, len(all))
	for i, l := range all {
		received[i] = peopleweb.Received{Slug: l.Newsletter.Slug, Name: l.Newsletter.Name.In(locale.Lang(ctx)), Why: l.Why, Subscribed: l.Subscribed, Sensitive: l.Newsletter.Sensitive, Channel: l.Channel, Pace: string(l.Pace)}
	}
	return received, nil
}

// ReadBy returns what was recorded that the person read.
func (n newslettersOf) ReadBy(ctx context.Context, person int64) ([]peopleweb.Read, error) {
	all, err := n.room.ReadingOf(ctx, person)
	read := make([]peopleweb.Read, len(all))
	for i, g := range all {
		newsletter, slug, _ := strings.Cut(g.Issue, "/")
		read[i] = peopleweb.Read{
			Title: g.Title, Path: newsletters.ArchivePath(newsletter, slug), Link: g.Link, Times: g.Times, First: g.First, Last: g.Last,
		}
	}
	return read, err
}

// PaceOf returns how often the person receives messages.
func (n newslettersOf) PaceOf(ctx context.Context, person int64) (peopleweb.Pace, error) {
	rhythm, err := n.room.Rhythm(ctx, person)
	if err != nil {
		return peopleweb.Pace{}, err
	}
	slots := n.room.Slots()
	now := n.room.Clock.Now().In(slots.Zone)
	pace := peopleweb.Pace{
		Profile: string(rhythm.Profile), MostAWeek: rhythm.MostAWeek, TownMost: slots.Digests.MostAWeek, MostChoice: n.room.MostChoice(),
		Paused: rhythm.Paused, Today: now, Daily: slots.Next(newsletters.Daily, now), Weekly: slots.Next(newsletters.Weekly, now),
	}
	received, err := n.room.Receives(ctx, person)
	for _, r := range received {
		if r.Subscribed && r.Channel == people.Email {
			pace.Newsletters = append(pace.Newsletters, peopleweb.Paced{
				Slug: r.Newsletter.Slug, Name: r.Newsletter.Name.In(locale.Lang(ctx)), Pace: string(r.Pace), Sensitive: r.Newsletter.Sensitive,
			})
		}
	}
	return pace, err
}

// ChoosePace stores her choice.
func (n newslettersOf) ChoosePace(ctx context.Context, person int64, c peopleweb.PaceChoice) error {
	choice := newsletters.Choice{Paces: map[string]newsletters.Pace{}, Profile: newsletters.Pace(c.Profile), MostAWeek: c.MostAWeek}
	for slug, pace := range c.Paces {
		choice.Paces[slug] = newsletters.Pace(pace)
	}
	return n.room.ChooseRhythm(ctx, person, choice)
}

// Pause stops messages to her before a day.
func (n newslettersOf) Pause(ctx context.Context, person int64, until string) error {
	return n.room.Pause(ctx, person, until)
}

// EndPause ends her pause.
func (n newslettersOf) EndPause(ctx context.Context, person int64) error {
	return n.room.EndPause(ctx, person)
}

// ChooseChannel changes the channel of a subscription.
func (n newslettersOf) ChooseChannel(ctx context.Context, person int64, newsletter string, channel people.Channel) error {
	return n.room.ChooseChannel(ctx, person, newsletter, channel)
}

// Subscribe begins a subscription, on her own page or at the desk.
func (n newslettersOf) Subscribe(ctx context.Context, person int64, newsletter string) error {
	return n.room.SubscribePerson(ctx, person, newsletter, door(ctx))
}

// Unsubscribe ends everything that brings her the newsletter.
func (n newslettersOf) Unsubscribe(ctx context.Context, person int64, newsletter string) error {
	return n.room.Unsubscribe(ctx, newsletters.Leaving{Person: person, Newsletter: newsletter, How: door(ctx)})
}

// door returns where a subscription is begun or ended, from the actor.
func door(ctx context.Context) string {
	if access.From(ctx).Kind == access.StaffAct {
		return "desk"
	}
	return "own-page"
}
