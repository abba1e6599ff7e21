package newsletters

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/content"
	"unoxuno/internal/fault"
	"unoxuno/internal/locale"
	"unoxuno/internal/newsletters/db"
	"unoxuno/internal/storage"
)

// Create creates an issue. Its blocks may be unfinished. An empty slug is made from the title, with a number if it is
// taken. Faults are on the fields title, slug, language, sms and audience. It asks access.WriteIssues.
func (r *Room) Create(ctx context.Context, c Content) (Issue, error) {
	made := c.Slug == ""
	c, err := r.checked(ctx, c, "")
	if err != nil {
		return Issue{}, err
	}
	var created Issue
	err = r.DB.Tx(ctx, func(tx *storage.Tx) error {
		if made {
			if c.Slug, err = freeSlug(ctx, tx, c.Newsletter, c.Slug); err != nil {
				return err
			}
		}
		created, err = r.create(ctx, tx, c, newDraft())
		return err
	})
	return created, err
}

// beginning holds the differences between a created issue and an archived one.
type beginning struct {
	state      State
	sentAt     int64
	frame      string
	permission access.Permission
	action     string
}

// create adds an issue in the caller's transaction.
func (r *Room) create(ctx context.Context, tx *storage.Tx, c Content, with beginning) (Issue, error) {
	catalogue, err := loadCatalogue(ctx, tx)
	if err != nil {
		return Issue{}, err
	}
	n, err := catalogue.find(c.Newsletter)
	if err != nil {
		return Issue{}, err
	}
	if err := may(ctx, with.permission, n.Newsroom.Slug); err != nil {
		return Issue{}, err
	}
	if c.Urgent && may(ctx, access.SendUrgent, n.Newsroom.Slug) != nil {
		return Issue{}, fault.Forbidden("newsletters.issue.urgent_forbidden").On("urgent")
	}
	blocks, err := json.Marshal(slices.Concat([]content.Block{}, c.Blocks))
	if err != nil {
		return Issue{}, fmt.Errorf("newsletters: write blocks: %w", err)
	}
	id, now, who, sentBy := storage.NewID(), r.now(), actorName(ctx), ""
	if with.sentAt > 0 {
		sentBy = who
	}
	err = db.New(tx).AddIssue(ctx, db.AddIssueParams{
		ID: id, Newsletter: n.Slug, Slug: c.Slug, Title: c.Title, Language: c.Language, Blocks: string(blocks),
		Audience: c.Audience, State: string(with.state), SentAt: with.sentAt, FinishedAt: with.sentAt, Frame: with.frame,
		Archived: with.sentAt > 0, Search: storage.Fold(c.Title), CreatedAt: now, CreatedBy: who, SentBy: sentBy, SmsText: c.SMS,
		Urgent: c.Urgent,
	})
	if storage.IsUnique(err) {
		return Issue{}, fault.Conflict("newsletters.slug.taken", "Slug", c.Slug).On("slug")
	}
	if err != nil {
		return Issue{}, err
	}
	i, _, err := issue(ctx, tx, id)
	if err != nil {
		return Issue{}, err
	}
	return i, r.Identity.Audit(ctx, tx, with.action, i.Subject(), i.Title)
}

// freeSlug returns slug, or slug with the first number that no issue of the newsletter has.
func freeSlug(ctx context.Context, q storage.Queryer, newsletter, slug string) (string, error) {
	slug = slug[:min(len(slug), maxSlug-4)]
	taken, err := db.New(q).SlugsLike(ctx, db.SlugsLikeParams{Newsletter: newsletter, Slug: slug, Slug_2: slug + "-z"})
	if err != nil {
		return "", err
	}
	free := slug
	for n := 2; slices.Contains(taken, free); n++ {
		free = slug + "-" + strconv.Itoa(n)
	}
	return free, nil
}

// Save changes a draft. version is the one that the editor saw. If somebody has changed the issue since, nothing is
// saved, and the fault newsletters.issue.stale (Conflict) says Who and When. An issue stays in its newsletter. Other
// faults are those of Create, and newsletters.issue.closed if it is no longer a draft.
func (r *Room) Save(ctx context.Context, id, version int64, c Content) (Issue, error) {
	c, err := r.checkedFor(ctx, id, c)
	if err != nil {
		return Issue{}, err
	}
	var saved Issue
	err = r.DB.Tx(ctx, func(tx *storage.Tx) error {
		saved, err = r.save(ctx, tx, id, version, c)
		return err
	})
	return saved, err
}

// checkedFor is checked for an existing issue: it may keep its audience, and stays in its newsletter.
func (r *Room) checkedFor(ctx context.Context, id int64, c Content) (Content, error) {
	stands, n, err := anyIssue(ctx, r.DB, id)
	if err != nil {
		return c, err
	}
	c.Newsletter = n.Slug
	return r.checked(ctx, c, stands.Audience)
}

// autosaveAudited is the period in which one person's autosaves share one line of the audit log.
const autosaveAudited = 15 * time.Minute

// Autosave is Save, called by the page itself in pauses of typing. It does nothing if nothing differs. Only the first
// autosave within autosaveAudited writes a line to the audit log.
func (r *Room) Autosave(ctx context.Context, id, version int64, c Content) (Issue, error) {
	c, err := r.checkedFor(ctx, id, c)
	if err != nil {
		return Issue{}, err
	}
	var saved Issue
	err = r.DB.Tx(ctx, func(tx *storage.Tx) error {
		before, err := heldDraft(ctx, tx, id)
		if err != nil {
			return err
		}
		if before.Editable() && !before.Damaged && before.Slug == c.Slug && before.says(c) {
			saved = before
			return nil
		}
		if before.UpdatedBy == actorName(ctx) && r.Clock.Now().Sub(before.Updated) < autosaveAudited {
			saved, err = r.store(ctx, tx, id, version, c)
		} else {
			saved, err = r.save(ctx, tx, id, version, c)
		}
		return err
	})
	return saved, err
}

// save stores a draft and writes the audit line.
func (r *Room) save(ctx context.Context, tx *storage.Tx, id, version int64, c Content) (Issue, error) {
	saved, err := r.store(ctx, tx, id, version, c)
	if err != nil {
		return Issue{}, err
	}
	return saved, r.Identity.Audit(ctx, tx, "audit.issue.changed", saved.Subject(), saved.Title)
}

func (r *Room) store(ctx context.Context, tx *storage.Tx, id, version int64, c Content) (Issue, error) {
	before, err := heldDraft(ctx, tx, id) // saving repairs a damaged one
	if err != nil {
		return Issue{}, err
	}
	if err := r.current(ctx, before, version); err != nil {
		return Issue{}, err
	}
	if c.Urgent, err = urgency(ctx, before, c.Urgent); err != nil {
		return Issue{}, err
	}
	blocks, err := json.Marshal(slices.Concat([]content.Block{}, c.Blocks))
	if err != nil {
		return Issue{}, fmt.Errorf("newsletters: write blocks: %w", err)
	}
	_, err = db.New(tx).SaveIssue(ctx, db.SaveIssueParams{
		ID: id, Version: version, Slug: c.Slug, Title: c.Title, Language: c.Language, Blocks: string(blocks),
		Audience: c.Audience, Search: storage.Fold(c.Title), UpdatedAt: r.now(), UpdatedBy: actorName(ctx), SmsText: c.SMS,
		Urgent: c.Urgent,
	})
	if storage.IsUnique(err) {
		return Issue{}, fault.Conflict("newsletters.slug.taken", "Slug", c.Slug).On("slug")
	}
	if err != nil {
		return Issue{}, err
	}
	saved, _, err := issue(ctx, tx, id)
	return saved, err
}

// heldDraft locks the issue's row and reads it, for an actor who may write. What it returns stays true until the
// transaction ends.
func heldDraft(ctx context.Context, tx *storage.Tx, id int64) (Issue, error) {
	if err := db.New(tx).HoldIssue(ctx, id); err != nil {
		return Issue{}, err
	}
	i, _, err := anyIssueFor(ctx, tx, id, access.WriteIssues)
	return i, err
}

// urgency returns whether the saved issue is urgent. Only actors with access.SendUrgent decide. For others it stays as
// it is, and asking for it is refused.
func urgency(ctx context.Context, before Issue, asked bool) (bool, error) {
	switch {
	case may(ctx, access.SendUrgent, before.Newsroom) == nil:
		return asked, nil
	case asked && !before.Urgent:
		return false, fault.Forbidden("newsletters.issue.urgent_forbidden").On("urgent")
	}
	return before.Urgent, nil
}

// current returns a fault if version is no longer the issue's, or if the issue is no longer a draft.
func (r *Room) current(ctx context.Context, i Issue, version int64) error {
	switch {
	case i.State == Cancelled:
		return fault.Conflict("newsletters.issue.cancelled")
	case i.State == Scheduled && i.Version == version:
		return fault.Conflict("newsletters.issue.scheduled")
	case i.State == Sending, i.State == Sent:
		return fault.Conflict("newsletters.issue.closed")
	case i.Version != version:
		return r.stale(ctx, i)
	}
	return nil
}

// stale says who changed the issue, and when.
func (r *Room) stale(ctx context.Context, i Issue) error {
	when := locale.DateTime(locale.Lang(ctx), i.Updated.In(r.Town.Town().Zone()))
	return fault.Conflict("newsletters.issue.stale", "Who", i.UpdatedBy, "When", when)
}

// Delete deletes a draft. Faults are those of Save.
func (r *Room) Delete(ctx context.Context, id, version int64) error {
	return r.DB.Tx(ctx, func(tx *storage.Tx) error {
		i, err := heldDraft(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := r.current(ctx, i, version); err != nil {
			return err
		}
		if _, err := db.New(tx).DeleteIssue(ctx, db.DeleteIssueParams{ID: id, Version: version}); err != nil {
			return err
		}
		return r.Identity.Audit(ctx, tx, "audit.issue.deleted", i.Subject(), i.Title)
	})
}

// Put makes the issue with that newsletter and slug equal to c: it creates the issue or changes the draft. If nothing
// differs it does nothing, whatever the issue's state, so that a file can be sent again to continue a sending. If c
// differs from an issue that was or is being sent, the fault is newsletters.issue.closed.
func (r *Room) Put(ctx context.Context, c Content) (Issue, error) {
	c, err := r.checked(ctx, c, "")
	if err != nil {
		return Issue{}, err
	}
	var issue Issue
	put := func() error {
		return r.DB.Tx(ctx, func(tx *storage.Tx) error {
			issue, err = r.put(ctx, tx, c)
			return err
		})
	}
	if err = put(); fault.HasKey(err, "newsletters.slug.taken") { // somebody else created it at the same moment
		err = put()
	}
	return issue, err
}

func (r *Room) put(ctx context.Context, tx *storage.Tx, c Content) (Issue, error) {
	queries, ref := db.New(tx), db.IssueBySlugParams{Newsletter: c.Newsletter, Slug: c.Slug}
	row, err := queries.IssueBySlug(ctx, ref)
	if err == nil {
		if err := queries.HoldIssue(ctx, row.ID); err != nil {
			return Issue{}, err
		}
		row, err = queries.IssueBySlug(ctx, ref) // it may have been deleted or renamed before it was held
	}
	if storage.None(err) {
		return r.create(ctx, tx, c, newDraft())
	}
	if err != nil {
		return Issue{}, err
	}
	before, _, err := anyIssueFor(ctx, tx, row.ID, access.WriteIssues)
	if err == nil && !before.Editable() {
		err = before.Readable()
	}
	if err != nil || !before.Damaged && before.says(c) {
		return before, err
	}
	return r.save(ctx, tx, row.ID, row.Version, c)
}

func newDraft() beginning {
	return beginning{state: Draft, permission: access.WriteIssues, action: "audit.issue.created"}
}

// says tells whether the issue is already equal to c.
func (i Issue) says(c Content) bool {
	return i.Title == c.Title && i.Language == c.Language && i.Audience == c.Audience && i.SMS == c.SMS && i.Urgent == c.Urgent && slices.Equal(i.Blocks, c.Blocks)
}
