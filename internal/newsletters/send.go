package newsletters

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"unoxuno/internal/access"
	"unoxuno/internal/content"
	"unoxuno/internal/delivery"
	"unoxuno/internal/fault"
	"unoxuno/internal/newsletters/db"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
	"unoxuno/internal/taxonomy"
)

// frame is who sent an issue, as it was called when sending began. It is kept with the issue as JSON.
type frame struct {
	Newsletter taxonomy.Name `json:"newsletter"`
	Newsroom   taxonomy.Name `json:"newsroom"`
	Kind       NewsroomKind  `json:"kind"`
	Sender     string        `json:"sender"`
	ReplyTo    string        `json:"reply_to"`
}

func frameOf(n Newsletter) frame {
	return frame{Newsletter: n.Name, Newsroom: n.Newsroom.Name, Kind: n.Newsroom.Kind, Sender: n.Sender, ReplyTo: n.ReplyTo}
}

// Dispatch is an issue on its way.
type Dispatch struct {
	Issue Issue
	Batch delivery.Batch // of mail
	Texts delivery.Batch // of text messages; zero where the issue has none
	Again bool           // it was on its way, or sent, already: this call added nobody
}

// Batches are the batches of the sending, that of mail first.
func (d Dispatch) Batches() []delivery.Batch {
	if d.Texts.ID == 0 {
		return []delivery.Batch{d.Batch}
	}
	return []delivery.Batch{d.Batch, d.Texts}
}

// Messages is how many there are on all channels so far.
func (d Dispatch) Messages() int64 { return d.Batch.Messages + d.Texts.Messages }

// Send sends the issue now: in one transaction it checks that it is ready, freezes what it says, begins to put those
// whom it concerns into delivery's ledger (all of them, where they are few), and marks it. The messages leave when
// delivery runs. Doing it again adds nobody and
// changes nothing. version is the one that the sender saw, who answers for what is in it: one that was changed since is
// not sent, and the fault newsletters.issue.stale (Conflict) says Who and When. Unless confirmEmpty, an issue that concerns nobody is refused with newsletters.issue.nobody, on the
// field audience, so that its sender can be asked. It asks access.SendIssues.
func (r *Room) Send(ctx context.Context, id, version int64, confirmEmpty bool) (Dispatch, error) {
	var d Dispatch
	if !confirmEmpty {
		if err := r.few(ctx, id, version); err != nil {
			return d, err
		}
	}
	err := r.DB.Tx(ctx, func(tx *storage.Tx) error {
		if err := r.holdToSend(ctx, tx, id); err != nil {
			return err
		}
		i, n, err := r.toSend(ctx, tx, id, version)
		if err != nil {
			return err
		}
		d, err = r.send(ctx, tx, i, n, confirmEmpty)
		return err
	})
	if err != nil {
		return Dispatch{}, err
	}
	r.Delivery.Wake()
	return d, nil
}

// holdToSend takes the issue's row, after the persons' crowd: what is read of it from then on is what is sent.
func (r *Room) holdToSend(ctx context.Context, tx *storage.Tx, id int64) error {
	if err := r.People.HoldCrowd(ctx, tx); err != nil {
		return err
	}
	return db.New(tx).HoldIssue(ctx, id)
}

// toSend reads an issue for an actor who may send it. One that can still be sent is refused as stale unless its version is
// the one that the actor saw.
func (r *Room) toSend(ctx context.Context, q storage.Queryer, id, version int64) (Issue, Newsletter, error) {
	i, n, err := issueFor(ctx, q, id, access.SendIssues)
	if err == nil && !i.Public() && i.State != Cancelled && i.Version != version {
		err = r.stale(ctx, i)
	}
	return i, n, err
}

// few refuses with newsletters.issue.too_few, on the field audience, an issue that goes to fewer people than the floor, as far as
// the context's actor may know: then nothing is told of its readers afterwards, and whom it is for should be asked again.
// The command line is not asked. A figure cannot be asked inside the transaction that sends; but both look at the same
// version, so that what was asked about is what is sent.
func (r *Room) few(ctx context.Context, id, version int64) error {
	if access.From(ctx).Kind != access.StaffAct {
		return nil
	}
	i, n, err := r.toSend(ctx, r.DB, id, version)
	if err != nil || i.Public() || i.ReadyToSend() != nil {
		return err
	}
	reached, floor, err := r.reachedBy(ctx, n, i)
	if err == nil && reached.Few {
		err = fault.Invalid("newsletters.issue.too_few", "Floor", floor).On("audience")
	}
	return err
}

// reachedBy shows whom the issue as it stands reaches.
func (r *Room) reachedBy(ctx context.Context, n Newsletter, i Issue) (Reached, int64, error) {
	a, floor, err := r.parse(ctx, n, i.Audience, i.Audience)
	if err != nil {
		return Reached{}, 0, err
	}
	reached, err := r.ask(ctx, asking{issue: i, newsletter: n, audience: a, floor: floor})
	return reached, floor, err
}

// send is Send in a transaction that holds the issue, for who has found that the actor may.
func (r *Room) send(ctx context.Context, tx *storage.Tx, i Issue, n Newsletter, confirmEmpty bool) (Dispatch, error) {
	if i.Public() {
		return r.dispatched(ctx, tx, i)
	}
	if n.Closed || n.Newsroom.Closed {
		return Dispatch{}, fault.Conflict("newsletters.newsletter.not_sent", "Newsletter", n.Slug)
	}
	if err := i.ReadyToSend(); err != nil {
		return Dispatch{}, err
	}
	if _, err := r.People.ParseAudienceIn(ctx, tx, i.Audience); err != nil {
		return Dispatch{}, err
	}
	if err := r.begin(ctx, tx, i, n); err != nil {
		return Dispatch{}, err
	}
	d, err := r.enqueue(ctx, tx, i)
	if err != nil {
		return Dispatch{}, err
	}
	if d.Messages() == 0 && d.Batch.Aside == 0 {
		if !confirmEmpty {
			return Dispatch{}, fault.Invalid("newsletters.issue.nobody").On("audience")
		}
		if err := r.finish(ctx, tx, i.ID); err != nil { // there is nothing that delivery could finish
			return Dispatch{}, err
		}
	}
	if d.Issue, _, err = issue(ctx, tx, i.ID); err != nil {
		return Dispatch{}, err
	}
	var detail []string
	if !d.Batch.Filling && !d.Texts.Filling { // else nobody knows yet to how many; the ledger will
		detail = append(detail, fmt.Sprint(d.Messages()))
	}
	if i.Audience != "" {
		detail = append(detail, i.Audience)
	}
	return d, r.Identity.Audit(ctx, tx, "audit.issue.sent", i.Subject(), strings.Join(detail, " · "))
}

// enqueue makes a batch for each channel that the issue goes by.
func (r *Room) enqueue(ctx context.Context, tx *storage.Tx, i Issue) (d Dispatch, err error) {
	for _, channel := range channels(i.SMS != "") {
		batch, err := r.Delivery.Enqueue(ctx, tx, delivery.NewBatch{
			Origin: Origin, Ref: i.ID, Channel: string(channel), Account: i.Newsroom,
		})
		if err != nil {
			return d, fmt.Errorf("newsletters: enqueue issue %d: %w", i.ID, err)
		}
		d.set(channel, batch)
	}
	return d, nil
}

func (d *Dispatch) set(channel people.Channel, batch delivery.Batch) {
	if channel == people.SMS {
		d.Texts = batch
	} else {
		d.Batch = batch
	}
}

// audienceStep is how many people one step of filling the ledger looks at: about a tenth of a second's work.
const audienceStep = 10_000

// Audience names, for delivery, the next of those to whom an issue goes.
func (r *Room) Audience(ctx context.Context, tx *storage.Tx, m delivery.Matter, after int64) (delivery.Stretch, error) {
	i, n, err := issue(ctx, tx, m.Ref)
	if err != nil {
		return delivery.Stretch{}, err
	}
	a, err := r.People.ParseAudienceIn(ctx, tx, i.Audience)
	if err != nil {
		return delivery.Stretch{}, err
	}
	through, err := r.People.Ahead(ctx, tx, after, audienceStep)
	if err != nil {
		return delivery.Stretch{}, err
	}
	s, channel := delivery.Stretch{Persons: &storage.Builder{}, Through: through}, people.Channel(m.Channel)
	if channel == people.Email && !i.Urgent {
		if s.Aside, err = r.keep(ctx, tx, i, n, a, span{after, through}); err != nil {
			return delivery.Stretch{}, fmt.Errorf("newsletters: keep issue %d: %w", i.ID, err)
		}
	}
	s.Persons.Add("SELECT e.person_id")
	r.writeRecipients(s.Persons, n, a, span{after, through}, channel)
	if !i.Urgent {
		s.Persons.Add(" AND NOT ")
		writePaused(s.Persons, r.now())
	}
	writeNotElsewhere(s.Persons, i, channel, span{after, through})
	if channel == people.Email || i.SMS != "" {
		s.Persons.Add(" AND NOT EXISTS (SELECT 1 FROM newsletters_kept k WHERE k.person_id = e.person_id AND k.issue = ?)", i.ID)
	}
	return s, nil
}

// dispatched is an issue that was sent before.
func (r *Room) dispatched(ctx context.Context, tx *storage.Tx, i Issue) (Dispatch, error) {
	d := Dispatch{Issue: i, Again: true}
	for _, channel := range people.Channels() {
		batch, found, err := r.Delivery.Find(ctx, tx, Origin, i.ID, string(channel))
		if err != nil {
			return d, err
		}
		if found {
			d.set(channel, batch)
		}
	}
	return d, nil
}

// begin freezes what a held issue says, and marks it.
func (r *Room) begin(ctx context.Context, tx *storage.Tx, i Issue, n Newsletter) error {
	kept, err := json.Marshal(frameOf(n))
	if err != nil {
		return fmt.Errorf("newsletters: write frame: %w", err)
	}
	by := actorName(ctx)
	if i.State == Scheduled && i.SentBy != "" && access.From(ctx).Kind == access.System {
		by = i.SentBy // who scheduled it
	}
	queries := db.New(tx)
	changed, err := queries.BeginSending(ctx, db.BeginSendingParams{
		ID: i.ID, Version: i.Version, SentAt: r.now(), Frame: string(kept), SentBy: by,
	})
	if err == nil && changed == 0 {
		err = r.stale(ctx, i)
	}
	if err != nil {
		return err
	}
	compiled, err := content.Compile(i.Document(), content.Frame{})
	if err != nil {
		return err
	}
	for at, url := range compiled.Links {
		if err := queries.AddLink(ctx, db.AddLinkParams{IssueID: i.ID, N: int64(at + 1), Url: url}); err != nil {
			return err
		}
	}
	return nil
}

// Finished marks the issue sent when nobody is owed it any more, on any channel or in a digest. Delivery says when one of
// the channels ends.
func (r *Room) Finished(ctx context.Context, tx *storage.Tx, id int64) error {
	queries := db.New(tx)
	if err := queries.HoldIssue(ctx, id); err != nil {
		return err
	}
	if kept, err := queries.AnyKept(ctx, id); err != nil || kept {
		return err
	}
	if owed, err := r.Delivery.Unfinished(ctx, tx, Origin, id); err != nil || owed {
		return err
	}
	return r.finish(ctx, tx, id)
}

// Sensitive returns those of refs that are issues of sensitive newsletters.
func (r *Room) Sensitive(ctx context.Context, q storage.Queryer, refs []int64) ([]int64, error) {
	sensitive, err := db.New(q).SensitiveIssues(ctx)
	return slices.DeleteFunc(sensitive, func(id int64) bool { return !slices.Contains(refs, id) }), err
}

// Folding has nothing to do: of an issue everything is counted by delivery.
func (r *Room) Folding(context.Context, *storage.Tx, int64, int64, int64) error { return nil }

func (r *Room) finish(ctx context.Context, tx *storage.Tx, id int64) error {
	_, err := db.New(tx).FinishIssue(ctx, db.FinishIssueParams{ID: id, FinishedAt: r.now()})
	return err
}

// Cancel stops an issue that is scheduled or being sent, and tells what became of it. What was sent stays sent; a few
// messages that are in hand may still go. It asks access.SendIssues.
func (r *Room) Cancel(ctx context.Context, id int64) (Issue, error) {
	var cancelled Issue
	err := r.DB.Tx(ctx, func(tx *storage.Tx) error {
		i, _, err := anyIssueFor(ctx, tx, id, access.SendIssues)
		if err != nil {
			return err
		}
		batches, err := r.batches(ctx, tx, id)
		if err == nil {
			err = r.Delivery.HoldBatches(ctx, tx, batches...) // before the issue, as everywhere
		}
		if err != nil {
			return err
		}
		n, err := db.New(tx).CancelIssue(ctx, db.CancelIssueParams{ID: id, CancelledAt: r.now()})
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.Conflict("newsletters.issue.not_cancellable")
		}
		if batches, err = r.batches(ctx, tx, id); err != nil { // with those of a sending that began meanwhile
			return err
		}
		withdrawn, err := db.New(tx).LetIssueGo(ctx, id)
		if err != nil {
			return err
		}
		for _, b := range batches {
			n, err := r.Delivery.Cancel(ctx, tx, b.ID)
			if err != nil {
				return err
			}
			withdrawn += n
		}
		if cancelled, _, err = anyIssue(ctx, tx, id); err != nil {
			return err
		}
		return r.Identity.Audit(ctx, tx, "audit.issue.cancelled", i.Subject(), fmt.Sprintf("%d", withdrawn))
	})
	return cancelled, err
}
