package newsletters

import (
	"context"
	"fmt"
	"slices"

	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/fault"
	"unoxuno/internal/locale"
	"unoxuno/internal/newsletters/db"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
)

// ChooseChannel moves a current subscription of the person to another channel: the old one ends, a new one begins.
// Faults: newsletters.channel.unreachable if she has no confirmed address on it, and
// newsletters.channel.not_subscribed.
func (r *Room) ChooseChannel(ctx context.Context, person int64, newsletter string, channel people.Channel) error {
	return r.DB.Tx(ctx, func(tx *storage.Tx) error {
		if err := r.holding(ctx, tx, person); err != nil {
			return err
		}
		reached, err := reachedBy(ctx, tx, person)
		if err != nil {
			return err
		}
		if !reached[channel] {
			return fault.Conflict("newsletters.channel.unreachable")
		}
		queries, now, ended := db.New(tx), r.now(), int64(0)
		for _, other := range people.Channels() {
			if other == channel {
				continue
			}
			n, err := queries.EndOnChannel(ctx, db.EndOnChannelParams{
				PersonID: person, Newsletter: newsletter, Channel: string(other), EndedAt: now, EndedHow: "channel", EndedBy: actorName(ctx),
			})
			if err != nil {
				return err
			}
			ended += n
		}
		if ended == 0 {
			return r.stands(ctx, tx, person, newsletter, channel)
		}
		if err := r.People.Note(ctx, tx, person, backFacts(newsletter)...); err != nil {
			return err
		}
		_, err = queries.AddSubscription(ctx, db.AddSubscriptionParams{
			ID: storage.NewID(), PersonID: person, Newsletter: newsletter, Channel: string(channel), BeganAt: now,
			BeganHow: "channel", BeganBy: actorName(ctx), Pace: string(AtOnce),
		})
		return err
	})
}

// stands returns a fault if the person is not subscribed to the newsletter on that channel.
func (r *Room) stands(ctx context.Context, tx *storage.Tx, person int64, newsletter string, channel people.Channel) error {
	all, err := subscriptionsOf(ctx, tx, person)
	for _, s := range all {
		if s.Standing() && s.Newsletter == newsletter && s.Channel == channel {
			return err
		}
	}
	if err == nil {
		err = fault.Conflict("newsletters.channel.not_subscribed")
	}
	return err
}

// How subscriptions end by STOP and begin again by START.
const (
	howStop  = "sms-stop"
	howStart = "sms-start"
)

// Room answers text messages that people send to the town.
var _ delivery.Correspondent = (*Room)(nil)

// Wrote handles a text message from the number. STOP ends the subscriptions on this channel, START begins them again.
// The answer to anything else contains the address of the site.
func (r *Room) Wrote(ctx context.Context, tx *storage.Tx, number string, request sms.Request) (delivery.Answer, error) {
	answer := delivery.Answer{Language: r.defaultLanguage()}
	holders, err := ids(ctx, tx, "SELECT person_id FROM people_reachable WHERE channel = 'sms' AND value = $1", number)
	if err != nil {
		return answer, err
	}
	key := "site"
	switch request.Command {
	case sms.Stop:
		key = "stopped"
	case sms.Start:
		if key = "stranger"; len(holders) > 0 {
			key = "started"
		}
	}
	// Somebody who was just erased is not found any more.
	if holders, err = r.People.HoldAll(ctx, tx, holders); err != nil {
		return answer, err
	}
	for _, person := range holders {
		if answer.Language, err = r.heed(ctx, tx, person, request.Command); err != nil {
			return answer, fmt.Errorf("newsletters: %s: %w", request.Command, err)
		}
	}
	answer.Text = r.Words.Say(answer.Language, "newsletters.sms."+key,
		"Town", r.Town.Town().Name, "URL", r.url(answer.Language, "/"))
	answer.Text = sms.Look(answer.Text, sms.Options{}).Text
	return answer, nil
}

// heed does what the person asked, and returns her language.
func (r *Room) heed(ctx context.Context, tx *storage.Tx, person int64, command sms.Command) (language string, err error) {
	who, err := r.People.GetIn(ctx, tx, person)
	if err != nil {
		return r.defaultLanguage(), err
	}
	language = r.readable(who.Language)
	queries, channel, now := db.New(tx), string(people.SMS), r.now()
	switch command {
	case sms.Stop:
		err = r.stop(ctx, tx, person)
	case sms.Start:
		var newsletters []string
		newsletters, err = queries.LastEnded(ctx, db.LastEndedParams{PersonID: person, Channel: channel, EndedHow: howStop})
		for _, n := range newsletters {
			if err == nil {
				_, err = queries.AddSubscription(ctx, db.AddSubscriptionParams{
					ID: storage.NewID(), PersonID: person, Newsletter: n, Channel: channel, BeganAt: now, BeganHow: howStart, BeganBy: howStart,
					Pace: string(AtOnce),
				})
			}
			if err == nil {
				err = r.People.Note(ctx, tx, person, backFacts(n)...)
			}
		}
	default:
		return language, nil
	}
	if err == nil {
		err = r.People.Changed(ctx, tx, person)
	}
	return language, err
}

// stop ends the person's subscriptions by text message.
func (r *Room) stop(ctx context.Context, tx *storage.Tx, person int64) error {
	ended, err := db.New(tx).EndChannel(ctx, db.EndChannelParams{
		PersonID: person, Channel: string(people.SMS), EndedAt: r.now(), EndedHow: howStop, EndedBy: howStop,
	})
	if err != nil {
		return err
	}
	standing, err := r.Of(ctx, tx, person)
	if err != nil {
		return err
	}
	// An older copy may have the subscription on the other channel. The journal says that none may stand there where
	// none stands now.
	var gone, onOther []string
	for _, newsletter := range ended {
		if slices.Contains(standing, newsletter) {
			onOther = append(onOther, newsletter)
		} else {
			gone = append(gone, newsletter)
		}
	}
	return r.People.Note(ctx, tx, person, append(endedFacts(gone, ""), endedFacts(onOther, people.SMS)...)...)
}

// usualChannel returns the channel for a person who has not chosen: e-mail, unless she has only a telephone.
func usualChannel(ctx context.Context, q storage.Queryer, person int64) (people.Channel, error) {
	reached, err := reachedBy(ctx, q, person)
	if err == nil && reached[people.SMS] && !reached[people.Email] {
		return people.SMS, nil
	}
	return people.Email, err
}

// ChannelName returns the name of a channel in the language of the context.
func ChannelName(ctx context.Context, channel people.Channel) string {
	return locale.T(ctx, "newsletters.channel."+string(channel))
}
