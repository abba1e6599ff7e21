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

// frame is the sender of an issue, with the names it had when sending began. It is stored with the issue as JSON.
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

// Dispatch is a sending that was started.
type Dispatch struct {
	Issue Issue
	Batch delivery.Batch // of mail
	Texts delivery.Batch // zero if the issue has no text message
	Again bool           // it was sent, or being sent, before: this call added nobody
}

// Batches returns the batches of the sending, that of mail first.
func (d Dispatch) Batches() []delivery.Batch {
	if d.Texts.ID == 0 {
		return []delivery.Batch{d.Batch}
	}
	return []delivery.Batch{d.Batch, d.Texts}
}

// Messages returns the number of messages so far, on all channels.
func (d Dispatch) Messages() int64 { return d.Batch.Messages + d.Texts.Messages }

// Send sends the issue. In one transaction it checks that the issue is ready, freezes its content, begins to add its
// recipients to delivery's ledger (all of them if they are few), and marks the issue. The messages leave when delivery
// runs. Sending again adds nobody and changes nothing. version is the one that the sender saw and is responsible for:
// if the issue has changed since, the fault is newsletters.issue.stale (Conflict) with Who and When. Unless
// confirmEmpty is set, an issue without recipients is refused with newsletters.issue.nobody, on the field audience, so
// that the sender can be asked. It asks access.SendIssues.
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

// holdToSend locks the people's crowd and then the issue's row: what is read of the issue from then on is what is sent.
func (r *Room) holdToSend(ctx context.Context, tx *storage.Tx, id int64) error {
	if err := r.People.HoldCrowd(ctx, tx); err != nil {
		return err
	}
	return db.New(tx).HoldIssue(ctx, id)
}

// toSend reads an issue for an actor who may send it. If it can still be sent but version is not current, the fault is
// stale.
func (r *Room) toSend(ctx context.Context, q storage.Queryer, id, version int64) (Issue, Newsletter, error) {
	i, n, err := issueFor(ctx, q, id, access.SendIssues)
	if err == nil && !i.Public() && i.State != Cancelled && i.Version != version {
		err = r.stale(ctx, i)
	}
	return i, n, err
}

// few refuses, with newsletters.issue.too_few on the field audience, an issue that goes to fewer people than the floor
// as far as the context's actor may know. Nothing will be shown of its readers, so the audience should be confirmed.
// The command line is not asked. A figure cannot be asked for inside the sending transaction; but both use the same
// version, so the answer is about what is sent.
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

// reachedBy shows whom the issue reaches as it is.
func (r *Room) reachedBy(ctx context.Context, n Newsletter, i Issue) (Reached, int64, error) {
	a, floor, err := r.parse(ctx, n, i.Audience, i.Audience)
	if err != nil {
		return Reached{}, 0, err
	}
	reached, err := r.ask(ctx, asking{issue: i, newsletter: n, audience: a, floor: floor})
	return reached, floor, err
}

// send is Send in a transaction that holds the issue, after the actor's permission was checked.
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
		if err := r.finish(ctx, tx, i.ID); err != nil { // delivery has nothing to finish
			return Dispatch{}, err
		}
	}
	if d.Issue, _, err = issue(ctx, tx, i.ID); err != nil {
		return Dispatch{}, err
	}
	var detail []string
	if !d.Batch.Filling && !d.Texts.Filling { // otherwise the number is not known yet; the ledger will tell
		detail = append(detail, fmt.Sprint(d.Messages()))
	}
	if i.Audience != "" {
		detail = append(detail, i.Audience)
	}
	return d, r.Identity.Audit(ctx, tx, "audit.issue.sent", i.Subject(), strings.Join(detail, " · "))
}

// enqueue creates a batch for each channel of the issue.
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

// audienceStep is how many people one step of filling the ledger examines: about a tenth of a second's work.
const audienceStep = 10_000

// Audience returns, for delivery, the next page of an issue's recipients, in the order of their numbers.
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
	r.writeReached(s.Persons, n, a, span{after, through}, channel)
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

// dispatched returns the dispatch of an issue that was sent before.
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

// begin freezes the content of a held issue and marks the issue.
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

// Finished marks the issue as sent if nobody waits for it any more, on any channel or in a digest. Delivery calls it
// when a channel is done.
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

// Folding does nothing: delivery counts everything about an issue.
func (r *Room) Folding(context.Context, *storage.Tx, int64, int64, int64) error { return nil }

func (r *Room) finish(ctx context.Context, tx *storage.Tx, id int64) error {
	_, err := db.New(tx).FinishIssue(ctx, db.FinishIssueParams{ID: id, FinishedAt: r.now()})
	return err
}

// Cancel stops an issue that is scheduled or being sent, and returns it. What was sent stays sent, and a few messages
// in progress may still go. It asks access.SendIssues.
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
		if batches, err = r.batches(ctx, tx, id); err != nil { // including those of a sending that began meanwhile
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
