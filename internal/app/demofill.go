package app

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"unoxuno/internal/app/demo"
	"unoxuno/internal/clock"
	"unoxuno/internal/identity"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/people"
)

// addStaff creates the demonstration's accounts, all with the printed password.
func addStaff(ctx context.Context, h *house) error {
	for _, a := range demo.Staff() {
		s := identity.Staff{Email: a.Email, Name: a.Name, Role: identity.Role(a.Role)}
		if a.Newsroom != "" {
			s.Newsrooms = []string{a.Newsroom}
		}
		s, err := h.identity.AddStaff(ctx, s)
		if err != nil {
			return err
		}
		token, err := h.identity.Invitation(ctx, s.ID)
		if err != nil {
			return err
		}
		if _, err := h.identity.AcceptInvitation(ctx, token, demo.Password); err != nil {
			return err
		}
	}
	return nil
}

// importDemo writes the people as a town's CSV file and imports it.
func (r *run) importDemo(ctx context.Context, h *house, n int, step demo.Step) error {
	in, out := io.Pipe()
	go func() { out.CloseWithError(demo.WriteCSV(out, demo.People(demo.Seed, n, h.clock.Now()))) }()
	result, err := h.people.Import(ctx, in, people.ImportOptions{
		Say: r.saysWith, Progress: func(p people.ImportProgress) { step(p.Rows, int64(n)) },
	})
	_ = in.CloseWithError(io.ErrClosedPipe)
	if err == nil && result.Rejected > 0 {
		err = fmt.Errorf("%d rows were rejected, the first: %+v", result.Rejected, result.Rejects[0])
	}
	if err != nil {
		return err
	}
	return h.newsletters.RefreshCounts(ctx)
}

// reallySent is how many of the latest past issues are really sent, to the demonstration's own mail server, so that
// they have statistics. Older ones are only in the archive, as for a town that moves to unoxuno.
const reallySent = 4

func pastIssues(today time.Time) (older, latest []demo.Issue, err error) {
	all, err := demo.Issues(today)
	if err != nil {
		return nil, nil, err
	}
	cut := max(0, len(all)-reallySent)
	return all[:cut], all[cut:], nil
}

func (h *house) archiveDemo(ctx context.Context, past *clock.Manual, today time.Time, step demo.Step) error {
	older, _, err := pastIssues(today)
	if err != nil {
		return err
	}
	defer past.Set(today)
	for i, issue := range older {
		content, err := newsletters.ParseIssueFile(issue.Markdown)
		if err != nil {
			return fmt.Errorf("%s/%s: %w", issue.Newsletter, issue.Slug, err)
		}
		past.Set(issue.SentAt)
		if _, err := h.newsletters.Archive(ctx, content, issue.SentAt); err != nil {
			return fmt.Errorf("%s/%s: %w", issue.Newsletter, issue.Slug, err)
		}
		step(int64(i+1), int64(len(older)))
	}
	return nil
}

func (h *house) sendDemo(ctx context.Context, past *clock.Manual, today time.Time, step demo.Step) error {
	_, latest, err := pastIssues(today)
	if err != nil {
		return err
	}
	defer past.Set(today)
	dice := rand.New(rand.NewPCG(demo.Seed, 1))
	for i, issue := range latest {
		content, err := newsletters.ParseIssueFile(issue.Markdown)
		if err != nil {
			return err
		}
		past.Set(issue.SentAt)
		kept, err := h.newsletters.Put(ctx, content)
		if err != nil {
			return fmt.Errorf("%s/%s: %w", issue.Newsletter, issue.Slug, err)
		}
		sending, err := h.newsletters.Send(ctx, kept.ID, kept.Version, true)
		if err != nil {
			return fmt.Errorf("%s/%s: %w", issue.Newsletter, issue.Slug, err)
		}
		for _, batch := range sending.Batches() {
			if _, err := h.delivery.Drain(ctx, batch.ID, nil); err != nil {
				return err
			}
		}
		if err := h.visitDemo(ctx, past, dice, kept.ID, sending.Messages()); err != nil {
			return err
		}
		step(int64(i+1), int64(len(latest)))
	}
	return nil
}

// visitDemo makes some readers open the issue and follow its links within two days, and a scanner follow them all
// within a second.
func (h *house) visitDemo(ctx context.Context, past *clock.Manual, dice *rand.Rand, issue, messages int64) error {
	sent := past.Now()
	defer past.Set(sent)
	stats, err := h.newsletters.Statistics(ctx, issue)
	if err != nil {
		return err
	}
	readers := min(messages*2/5, 400)
	for i := range readers {
		past.Set(sent.Add(time.Duration(dice.ExpFloat64()*6*float64(time.Hour)) % (48 * time.Hour)))
		visit := newsletters.Visit{IP: fmt.Sprintf("192.0.2.%d", i%250), UserAgent: fmt.Sprintf("Mozilla/5.0 (demo %d)", i), Method: "GET"}
		if err := h.newsletters.Opened(ctx, issue, visit); err != nil {
			return err
		}
		if len(stats.Links) > 0 && dice.IntN(3) == 0 {
			if _, err := h.newsletters.Clicked(ctx, issue, stats.Links[dice.IntN(len(stats.Links))].N, visit); err != nil {
				return err
			}
		}
	}
	past.Set(sent.Add(2 * time.Second))
	for _, link := range stats.Links {
		scanner := newsletters.Visit{IP: "198.51.100.7", UserAgent: "LinkScanner/1.0", Method: "GET"}
		if _, err := h.newsletters.Clicked(ctx, issue, link.N, scanner); err != nil {
			return err
		}
	}
	return h.newsletters.Flush(ctx)
}

// draftDemo creates an issue that is ready to send.
func (h *house) draftDemo(ctx context.Context, past *clock.Manual, today time.Time) error {
	draft, err := demo.Draft(today)
	if err != nil {
		return err
	}
	content, err := newsletters.ParseIssueFile(draft.Markdown)
	if err != nil {
		return err
	}
	past.Set(today)
	_, err = h.newsletters.Put(ctx, content)
	return err
}
