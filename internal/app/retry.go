package app

type issueRetryCmd struct {
	Issue string `arg:"" help:"newsletter/slug, or a slug that is the only one of its name."`
	JSON  bool   `help:"Print one JSON object."`
}

// retried is what `issue retry` prints.
type retried struct {
	Issue   string `json:"issue"`   // newsletter/slug
	Retried int64  `json:"retried"` // tried again, in total
	Later   int64  `json:"later"`   // of these, deferred before
	Refused int64  `json:"refused"` // of these, given up before
}

// Run makes failed messages due now; `serve` or `work` sends them.
func (c issueRetryCmd) Run(r *run) error {
	h, err := r.openHouse()
	if err != nil {
		return err
	}
	defer h.close(r)
	issue, err := h.newsletters.FindIssue(r.ctx, c.Issue)
	if err != nil {
		return err
	}
	again, err := h.newsletters.Retry(r.ctx, issue.ID)
	if err != nil {
		return err
	}
	n := again.Later + again.Refused
	switch {
	case c.JSON:
		return r.json(retried{Issue: issue.Newsletter + "/" + issue.Slug, Retried: n, Later: again.Later, Refused: again.Refused})
	case n == 0:
		r.tell("app.retry_nothing")
	default:
		r.tell("app.retrying", "Count", n)
	}
	return nil
}

type issueResumeCmd struct {
	Newsroom string `arg:"" help:"The newsroom's slug."`
}

// Run releases the newsroom's brake.
func (c issueResumeCmd) Run(r *run) error {
	h, err := r.openHouse()
	if err != nil {
		return err
	}
	defer h.close(r)
	if err := h.newsletters.Resume(r.ctx, c.Newsroom); err != nil {
		return err
	}
	r.tell("app.resumed", "Newsroom", c.Newsroom)
	return nil
}
