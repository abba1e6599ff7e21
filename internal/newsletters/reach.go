package newsletters

import (
	"context"
	"database/sql"
	"errors"

	"unoxuno/internal/access"
	"unoxuno/internal/disclosure"
	"unoxuno/internal/fault"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
)

// Reach is the exact number of people that an issue goes to. Only actors who see exact numbers get it; see
// [Room.AskReach].
type Reach struct {
	People         int64 `json:"people"`
	BySubscription int64 `json:"by_subscription"`
	ByProfile      int64 `json:"by_profile"` // not subscribed
	ByEmail        int64 `json:"by_email"`
	InDigest       int64 `json:"in_digest"` // of ByEmail: with other issues in one mail, at their pace; 0 if it is urgent
	BySMS          int64 `json:"by_sms"`    // if the issue has a text message
}

// Reach counts the people that the issue would go to now. It asks access.WriteIssues and access.SeeExact.
func (r *Room) Reach(ctx context.Context, id int64) (Reach, error) {
	i, n, err := issueFor(ctx, r.DB, id, access.WriteIssues)
	if err != nil {
		return Reach{}, err
	}
	return r.exactReach(ctx, n, i, i.Audience)
}

// ReachOf counts the people that the issue would go to now with another audience; faults in it are on the field
// "audience". It asks access.WriteIssues and access.SeeExact.
func (r *Room) ReachOf(ctx context.Context, i Issue, audience string) (Reach, error) {
	n, err := r.Newsletter(ctx, i.Newsletter)
	if err != nil {
		return Reach{}, err
	}
	if err := may(ctx, access.WriteIssues, n.Newsroom.Slug); err != nil {
		return Reach{}, err
	}
	return r.exactReach(ctx, n, i, audience)
}

func (r *Room) exactReach(ctx context.Context, n Newsletter, i Issue, audience string) (Reach, error) {
	if !disclosure.SeesExact(ctx) {
		return Reach{}, fault.Forbidden("newsletters.newsroom.forbidden", "Newsroom", n.Newsroom.Slug)
	}
	a, err := r.People.ParseAudience(ctx, audience)
	if err != nil {
		return Reach{}, err
	}
	var c reached
	err = r.counting(ctx, n, reachBy{Texts: i.SMS != "", Urgent: i.Urgent}, func(all counter) (err error) {
		c, err = all.reached(a)
		return err
	})
	return Reach{
		People: c.People().N, BySubscription: c.Subscribed.N, ByProfile: c.Profile.N, ByEmail: c.Email.N,
		InDigest: c.Digest.N, BySMS: c.SMS.N,
	}, err
}

// channels returns the channels of an issue; with texts, text message too.
func channels(texts bool) []people.Channel {
	if texts {
		return []people.Channel{people.Email, people.SMS}
	}
	return []people.Channel{people.Email}
}

// reachBy is what decides whom an issue reaches, besides its audience.
type reachBy struct {
	Texts  bool // it has a text message
	Urgent bool
}

// reached counts the people that an issue reaches. Nobody is reached on two channels.
type reached struct {
	Email, SMS, Subscribed, Profile, Digest, Placeless disclosure.Cell
}

// People counts all of them.
func (c reached) People() disclosure.Cell {
	all := c.Email
	all.Plus(c.SMS)
	return all
}

// AtOnce counts those who get it when it is published.
func (c reached) AtOnce() disclosure.Cell {
	all := c.People()
	all.Without(c.Digest)
	return all
}

// counter counts the people that an issue reaches, for one audience after another.
type counter interface {
	people(a people.Audience) (int64, error)
	reached(a people.Audience) (reached, error)
}

// counting provides a counter: the index of people if it answers, otherwise the database. Recipients always come from
// the database.
func (r *Room) counting(ctx context.Context, n Newsletter, by reachBy, ask func(counter) error) error {
	var paused []int64
	var err error
	if !by.Urgent {
		if paused, err = ids(ctx, r.DB, "SELECT person_id FROM newsletters_rhythm WHERE paused_until > $1 AND paused_until > 0", r.now()); err != nil {
			return err
		}
	}
	var failed error
	answered, err := r.People.FromIndex(ctx, func(everybody people.Crowd) {
		failed = ask(newIndexCounter(everybody, n, by, paused))
	})
	if answered || err != nil {
		return errors.Join(err, failed)
	}
	return ask(&databaseCounter{ctx, r, n, by, len(paused) > 0})
}

// indexCounter counts in the index of people.
type indexCounter struct {
	all                                people.Crowd
	email, sms, subscribed, slow, none people.Set // people whom it reaches; none: without a place
}

// newIndexCounter finds the people whom writeRecipients selects without an audience.
func newIndexCounter(all people.Crowd, n Newsletter, by reachBy, paused []int64) *indexCounter {
	mailed := all.Reachable(people.Email)
	consenting := all.Consenting(people.ForNewsletter)
	byEmail := all.Tied(people.TieByEmail, n.Slug).And(consenting)
	byText := all.Tied(people.TieSubscribed, n.Slug).And(consenting).Without(all.Tied(people.TieByEmail, n.Slug))
	either, eitherText := byEmail, byText
	slow := all.Tied(people.TieSlow, n.Slug).And(byEmail)
	if !n.Sensitive {
		fitting := all.Wanting(n.Topics...).And(all.Consenting(people.ForProfile)).Without(all.Tied(people.TieLeft, n.Slug))
		if len(n.For) > 0 {
			fitting = fitting.And(all.Being(n.For...))
		}
		either, eitherText = byEmail.Or(fitting.Without(byText)), byText.Or(fitting.Without(mailed))
		slow = slow.Or(either.Without(byEmail).And(all.Tied(people.TieSlowProfile, slowProfile)))
	}
	resting, nobody := all.Of(paused), all.Of(nil)
	c := &indexCounter{
		all: all, email: either.And(mailed).Without(resting), sms: nobody, subscribed: byEmail, slow: slow, none: all.Placeless(),
	}
	if by.Texts {
		c.sms = eitherText.And(all.Reachable(people.SMS)).Without(resting)
		c.subscribed = byEmail.Or(byText)
	}
	if by.Urgent {
		c.slow = nobody
	}
	return c
}

func (c *indexCounter) people(a people.Audience) (int64, error) {
	matching := c.all.Matching(a)
	return matching.LenAnd(c.email) + matching.LenAnd(c.sms), nil
}

func (c *indexCounter) reached(a people.Audience) (reached, error) {
	matching := c.all.Matching(a)
	email, sms := matching.And(c.email), matching.And(c.sms)
	all := email.Or(sms)
	return reached{
		Email: c.all.Cell(email), SMS: c.all.Cell(sms), Digest: c.all.Cell(email.And(c.slow)),
		Subscribed: c.all.Cell(all.And(c.subscribed)), Profile: c.all.Cell(all.Without(c.subscribed)),
		Placeless: c.all.Cell(all.And(c.none)),
	}, nil
}

// databaseCounter counts in the database.
type databaseCounter struct {
	ctx    context.Context //nolint:containedctx // lives for one call
	room   *Room
	of     Newsletter
	by     reachBy
	paused bool // somebody has paused
}

// write writes what follows SELECT: the people that the issue reaches on the channel.
func (c *databaseCounter) write(b *storage.Builder, a people.Audience, channel people.Channel) {
	c.room.writeRecipients(b, c.of, a, everybody(), channel)
	if c.paused {
		b.Add(" AND NOT ")
		writePaused(b, c.room.now())
	}
}

func (c *databaseCounter) people(a people.Audience) (all int64, err error) {
	for _, channel := range channels(c.by.Texts) {
		var b storage.Builder
		b.Add("SELECT count(*)")
		c.write(&b, a, channel)
		var n int64
		if err := c.room.DB.QueryRowContext(c.ctx, b.SQL(), b.Args()...).Scan(&n); err != nil {
			return 0, err
		}
		all += n
	}
	return all, nil
}

func (c *databaseCounter) reached(a people.Audience) (all reached, err error) {
	for _, channel := range channels(c.by.Texts) {
		var b storage.Builder
		b.Add("SELECT e.asked, CASE WHEN "+slowly+" THEN 1 ELSE 0 END, CASE WHEN p.place = '' THEN 1 ELSE 0 END, p.cell_key % 64,"+
			" count(*), CAST(sum(p.cell_key) AS bigint)", c.of.Slug)
		c.write(&b, a, channel)
		b.Add(" GROUP BY 1, 2, 3, 4")
		if err := each(c.ctx, c.room.DB, b.SQL(), b.Args(), func(rows *sql.Rows) error {
			var asked, slow, none, bucket, n, sum int64
			if err := rows.Scan(&asked, &slow, &none, &bucket, &n, &sum); err != nil {
				return err
			}
			all.add(channel, asked == 1, slow == 1 && !c.by.Urgent, none == 1, func(cell *disclosure.Cell) { cell.AddMany(bucket, n, sum) })
			return nil
		}); err != nil {
			return all, err
		}
	}
	return all, nil
}

// add counts people with the same channel, pace and so on.
func (c *reached) add(channel people.Channel, asked, slow, placeless bool, count func(*disclosure.Cell)) {
	if channel == people.SMS {
		count(&c.SMS)
	} else {
		count(&c.Email)
		if slow {
			count(&c.Digest)
		}
	}
	if asked {
		count(&c.Subscribed)
	} else {
		count(&c.Profile)
	}
	if placeless {
		count(&c.Placeless)
	}
}
