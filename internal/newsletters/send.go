package newsletters

import (
	"context"
	"encoding/json"
	"fmt"

	"unoxuno/internal/access"
	"unoxuno/internal/content"
	"unoxuno/internal/delivery"
	"unoxuno/internal/fault"
	"unoxuno/internal/newsletters/db"
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
	Batch delivery.Batch
	Again bool // it was on its way, or sent, already: this call added nobody
}

// Send sends the issue now: in one transaction it checks that it is ready, freezes what it says, puts everybody it
// concerns into delivery's ledger, and marks it. The messages leave when delivery runs. Doing it again adds nobody and
// changes nothing. Unless confirmEmpty, an issue that concerns nobody is refused with newsletters.issue.nobody, on the
// field audience, so that its sender can be asked. It asks access.SendIssues.
func (r *Room) Send(ctx context.Context, id int64, confirmEmpty bool) (Dispatch, error) {
	var d Dispatch
	err := r.DB.Tx(ctx, func(tx *storage.Tx) error {
		i, n, err := issueFor(ctx, tx, id, access.SendIssues)
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

// send is Send in a transaction, for who has found that the actor may.
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
	a, err := r.People.ParseAudience(ctx, i.Audience)
	if err != nil {
		return Dispatch{}, err
	}
	begun, err := r.begin(ctx, tx, i, n)
	if err != nil {
		return Dispatch{}, err
	}
	if !begun { // somebody else began it since we looked
		if i, _, err = issue(ctx, tx, i.ID); err != nil {
			return Dispatch{}, err
		}
		return r.dispatched(ctx, tx, i)
	}
	var recipients storage.Builder
	recipients.Add("SELECT p.person_id")
	r.writeRecipients(&recipients, n, a)
	batch, err := r.Delivery.Enqueue(ctx, tx, delivery.NewBatch{Origin: Origin, Ref: i.ID, Channel: delivery.Email}, &recipients)
	if err != nil {
		return Dispatch{}, fmt.Errorf("newsletters: enqueue issue %d: %w", i.ID, err)
	}
	if batch.Messages == 0 {
		if !confirmEmpty {
			return Dispatch{}, fault.Invalid("newsletters.issue.nobody").On("audience")
		}
		if err := r.Finished(ctx, tx, i.ID); err != nil { // delivery never hears of it
			return Dispatch{}, err
		}
	}
	sent, _, err := issue(ctx, tx, i.ID)
	if err != nil {
		return Dispatch{}, err
	}
	detail := fmt.Sprintf("%d", batch.Messages)
	if i.Audience != "" {
		detail += " · " + i.Audience
	}
	return Dispatch{Issue: sent, Batch: batch}, r.Identity.Audit(ctx, tx, "audit.issue.sent", i.Subject(), detail)
}

// dispatched is an issue that was sent before.
func (r *Room) dispatched(ctx context.Context, tx *storage.Tx, i Issue) (Dispatch, error) {
	batch, _, err := r.Delivery.Find(ctx, tx, Origin, i.ID, delivery.Email)
	return Dispatch{Issue: i, Batch: batch, Again: true}, err
}

// begin freezes what the issue says and marks it; false when it is no longer waiting to be sent.
func (r *Room) begin(ctx context.Context, tx *storage.Tx, i Issue, n Newsletter) (bool, error) {
	kept, err := json.Marshal(frameOf(n))
	if err != nil {
		return false, fmt.Errorf("newsletters: write frame: %w", err)
	}
	by := actorName(ctx)
	if i.State == Scheduled && i.SentBy != "" && access.From(ctx).Kind == access.System {
		by = i.SentBy // who scheduled it
	}
	queries := db.New(tx)
	changed, err := queries.BeginSending(ctx, db.BeginSendingParams{ID: i.ID, SentAt: r.now(), Frame: string(kept), SentBy: by})
	if err != nil || changed == 0 {
		return false, err
	}
	compiled, err := content.Compile(i.Document(), content.Frame{})
	if err != nil {
		return false, err
	}
	for at, url := range compiled.Links {
		if err := queries.AddLink(ctx, db.AddLinkParams{IssueID: i.ID, N: int64(at + 1), Url: url}); err != nil {
			return false, err
		}
	}
	return true, nil
}

// Finished marks the issue sent: nobody is owed it any more. Delivery says so.
func (r *Room) Finished(ctx context.Context, tx *storage.Tx, id int64) error {
	_, err := db.New(tx).FinishIssue(ctx, db.FinishIssueParams{ID: id, FinishedAt: r.now()})
	return err
}

// Batch is the issue's sending, and whether there is one.
func (r *Room) Batch(ctx context.Context, id int64) (delivery.Batch, bool, error) {
	return r.Delivery.Find(ctx, r.DB, Origin, id, delivery.Email)
}

// Progress is how far the issue's sending has come; zero before it began, and for what was archived. It asks
// access.ReadStatistics or access.SendIssues.
func (r *Room) Progress(ctx context.Context, id int64) (delivery.Progress, error) {
	i, _, err := issue(ctx, r.DB, id)
	if err != nil {
		return delivery.Progress{}, err
	}
	if may(ctx, access.SendIssues, i.Newsroom) != nil {
		if err := may(ctx, access.ReadStatistics, i.Newsroom); err != nil {
			return delivery.Progress{}, err
		}
	}
	batch, found, err := r.Batch(ctx, id)
	if err != nil || !found {
		return delivery.Progress{}, err
	}
	return r.Delivery.Progress(ctx, batch.ID)
}

// Cancel stops an issue that is scheduled or being sent, and tells what became of it. What was sent stays sent; a few
// messages that are in hand may still go. It asks access.SendIssues.
func (r *Room) Cancel(ctx context.Context, id int64) (Issue, error) {
	var cancelled Issue
	err := r.DB.Tx(ctx, func(tx *storage.Tx) error {
		i, _, err := issueFor(ctx, tx, id, access.SendIssues)
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
		var withdrawn int64
		batch, found, err := r.Delivery.Find(ctx, tx, Origin, id, delivery.Email)
		if err != nil {
			return err
		}
		if found {
			if withdrawn, err = r.Delivery.Cancel(ctx, tx, batch.ID); err != nil {
				return err
			}
		}
		if cancelled, _, err = issue(ctx, tx, id); err != nil {
			return err
		}
		return r.Identity.Audit(ctx, tx, "audit.issue.cancelled", i.Subject(), fmt.Sprintf("%d", withdrawn))
	})
	return cancelled, err
}
