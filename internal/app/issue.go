package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"unoxuno/internal/delivery"
	"unoxuno/internal/disclosure"
	"unoxuno/internal/fault"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/storage"
)

type issueCmd struct {
	Send   issueSendCmd   `cmd:"" help:"Send an issue written in Markdown; the same file again continues what is owed."`
	Stats  issueStatsCmd  `cmd:"" help:"The numbers of an issue."`
	Retry  issueRetryCmd  `cmd:"" help:"Try again now what failed of an issue: nobody gets it twice."`
	Resume issueResumeCmd `cmd:"" help:"Let a newsroom go on whose sending stands still because too much came back."`
}

type issueSendCmd struct {
	File       string `arg:"" help:"Markdown with front matter: newsletter, slug, title, language, audience (optional); - for standard input."`
	Wait       bool   `help:"Send here, and end when nothing is left to do now. Exit code 6 when messages are still owed."`
	AllowEmpty bool   `help:"Send although the audience matches nobody now."`
	JSON       bool   `help:"Print one JSON object."`
}

// sent is what `issue send` prints.
type sent struct {
	Issue      string `json:"issue"`      // newsletter/slug
	Audience   int64  `json:"audience"`   // people whom the issue concerns and who can be reached
	Messages   int64  `json:"messages"`   // in the ledger, in any state
	Sent       int64  `json:"sent"`       // accepted by the relay
	Refused    int64  `json:"refused"`    // permanently
	Later      int64  `json:"later"`      // still queued
	Suppressed int64  `json:"suppressed"` // suppressed address, or consent withdrawn meanwhile
	InDigest   int64  `json:"in_digest"`  // recipients who get it in a digest at a later slot
	DurationMS int64  `json:"duration_ms"`
}

// Run adds the issue to the ledger and, with --wait, sends as much as possible now.
func (c issueSendCmd) Run(r *run) error {
	begun := time.Now()
	in, _, err := r.open(c.File)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(io.LimitReader(in, 4<<20))
	if err = errors.Join(err, in.Close()); err != nil {
		return err
	}
	h, err := r.openHouse()
	if err != nil {
		return err
	}
	defer h.close(r)
	if text, err = h.uploadImages(r.ctx, text, filepath.Dir(c.File)); err != nil {
		return err
	}
	content, err := newsletters.ParseIssueFile(text)
	if err != nil {
		return err
	}
	issue, err := h.newsletters.Put(r.ctx, content)
	if err != nil {
		return err
	}
	sending, err := h.newsletters.Send(r.ctx, issue.ID, issue.Version, c.AllowEmpty)
	if err != nil {
		return err
	}
	p, err := c.work(r, h, sending)
	if err != nil {
		return err
	}
	aside, err := h.newsletters.Awaiting(context.WithoutCancel(r.ctx), issue.ID)
	if err != nil {
		return err
	}
	audience := p.Messages + aside
	if p.Filling { // the ledger does not have all recipients yet
		reach, err := h.newsletters.Reach(r.ctx, issue.ID)
		if err != nil {
			return err
		}
		audience = reach.People
	}
	done := sent{
		Issue: issue.Newsletter + "/" + issue.Slug, Audience: audience, Messages: p.Messages, Sent: p.Sent, Refused: p.Refused,
		Later: p.Owed(), Suppressed: p.Suppressed + p.Withdrawn, InDigest: aside, DurationMS: time.Since(begun).Milliseconds(),
	}
	if err := c.report(r, done); err != nil {
		return err
	}
	if c.Wait && done.Later > 0 {
		return owed
	}
	return nil
}

// localImage matches an image beside the issue's file: its URL has no scheme and no leading slash.
var localImage = regexp.MustCompile(`(?m)^(!\[[^\]\n]*\]\()([^)\s/:][^)\s:]*)([)\s])`)

// uploadImages stores the images beside an issue's file in the town and writes their new URLs into the text: mails and
// pages load nothing from elsewhere.
func (h *house) uploadImages(ctx context.Context, text []byte, folder string) ([]byte, error) {
	var failed error
	text = localImage.ReplaceAllFunc(text, func(found []byte) []byte {
		parts := localImage.FindSubmatch(found)
		name := string(parts[2])
		data, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(name)))
		if err != nil {
			failed = errors.Join(failed, fault.NotFound("app.file", "File", name).Because(err))
			return found
		}
		image, err := h.newsletters.Upload(ctx, "", data)
		if err != nil {
			failed = errors.Join(failed, err)
			return found
		}
		return slices.Concat(parts[1], []byte(image.Path()), parts[3])
	})
	return text, failed
}

// work sends what can be sent now. Somebody who sends again by hand wants deferred messages tried now.
func (c issueSendCmd) work(r *run, h *house, sending newsletters.Dispatch) (delivery.Progress, error) {
	if sending.Again {
		err := h.db.Tx(r.ctx, func(tx *storage.Tx) error {
			for _, batch := range sending.Batches() {
				if err := h.delivery.RetryNow(r.ctx, tx, batch.ID); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return delivery.Progress{}, err
		}
	}
	if c.Wait {
		if err := r.drain(h, sending); err != nil {
			return delivery.Progress{}, err
		}
	}
	return h.newsletters.Progress(context.WithoutCancel(r.ctx), sending.Issue.ID)
}

// drain sends what can be sent now, one channel after another. If it is stopped, the rest stays queued.
func (r *run) drain(h *house, sending newsletters.Dispatch) error {
	bar := r.progress(r.say("app.sending"), sending.Messages())
	defer bar.done()
	var before int64
	for _, batch := range sending.Batches() {
		p, err := h.delivery.Drain(r.ctx, batch.ID, bar.follow(func(p delivery.Progress) int64 { return before + p.Messages - p.Owed() }))
		if r.ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		before += p.Messages - p.Owed()
	}
	return nil
}

func (c issueSendCmd) report(r *run, s sent) error {
	if c.JSON {
		return r.json(s)
	}
	r.tell("app.sent", "Issue", s.Issue, "Messages", s.Messages, "Sent", s.Sent, "Refused", s.Refused, "Later", s.Later, "Suppressed", s.Suppressed)
	if s.Later > 0 {
		r.tell("app.sent_owed", "Count", s.Later)
	}
	return nil
}

type issueStatsCmd struct {
	Issue string `arg:"" help:"newsletter/slug, or a slug that is the only one of its name."`
	JSON  bool   `help:"Print one JSON object."`
}

// Run prints the issue's numbers.
func (c issueStatsCmd) Run(r *run) error {
	h, err := r.openHouse()
	if err != nil {
		return err
	}
	defer h.close(r)
	issue, err := h.newsletters.FindIssue(r.ctx, c.Issue)
	if err != nil {
		return err
	}
	s, err := h.newsletters.Statistics(r.ctx, issue.ID)
	if err != nil {
		return err
	}
	if c.JSON {
		return r.json(s)
	}
	for _, line := range []struct {
		key     string
		figures []disclosure.Figure
	}{
		{"recipients", of(s.Recipients)}, {"accepted", of(s.Accepted)}, {"refused", of(s.Refused)}, {"later", of(s.Later, s.Waiting)},
		{"suppressed", of(s.Suppressed, s.Withdrawn)}, {"retried", of(s.Retried)}, {"returned", of(s.Returned)},
		{"complaints", of(s.Complaints)},
	} {
		_, _ = fmt.Fprintf(r.Out, "%-28s %s\n", r.say("app.stats."+line.key), line.figures[0].Plus(line.figures[1:]...))
	}
	for _, reason := range s.Reasons {
		_, _ = fmt.Fprintf(r.Out, "  %-26s %s\n", r.say("delivery.reason."+reason.Reason), reason.Count)
	}
	for _, reason := range s.Returns {
		_, _ = fmt.Fprintf(r.Out, "  %-26s %s\n", r.say(delivery.ReasonWord(reason.Reason)), reason.Count)
	}
	return nil
}

func of(figures ...disclosure.Figure) []disclosure.Figure { return figures }
