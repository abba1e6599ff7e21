package newsletters

import (
	"context"
	"sort"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/delivery"
	"unoxuno/internal/fault"
	"unoxuno/internal/storage"
)

// Brake says that a newsroom's issues are stopped because too many of its messages were returned.
type Brake struct {
	delivery.Brake
	Newsroom Newsroom
}

// Brakes returns the brakes of the newsrooms in which the actor may send, by slug.
func (r *Room) Brakes(ctx context.Context) ([]Brake, error) {
	holding, err := r.Delivery.Brakes(ctx, r.DB)
	if err != nil || len(holding) == 0 {
		return nil, err
	}
	c, err := loadCatalogue(ctx, r.DB)
	if err != nil {
		return nil, err
	}
	var brakes []Brake
	for slug, brake := range holding {
		if n, known := c.newsroom(slug); known && may(ctx, access.SendIssues, slug) == nil {
			brakes = append(brakes, Brake{Brake: brake, Newsroom: n})
		}
	}
	sort.Slice(brakes, func(i, j int) bool { return brakes[i].Account < brakes[j].Account })
	return brakes, nil
}

// Held returns until when sending is held after a restore of an older copy; the zero time if it is not.
func (r *Room) Held(ctx context.Context) (time.Time, error) { return r.Delivery.Held(ctx, r.DB) }

// Resume releases a newsroom's brake. Messages returned so far no longer count. It asks access.ResumeSending. Faults:
// newsletters.newsroom.unknown, newsletters.brake.none.
func (r *Room) Resume(ctx context.Context, newsroom string) error {
	if err := may(ctx, access.ResumeSending, newsroom); err != nil {
		return err
	}
	err := r.DB.Tx(ctx, func(tx *storage.Tx) error {
		c, err := loadCatalogue(ctx, tx)
		if err != nil {
			return err
		}
		n, known := c.newsroom(newsroom)
		if !known {
			return fault.NotFound("newsletters.newsroom.unknown", "Text", newsroom)
		}
		lifted, err := r.Delivery.Resume(ctx, tx, newsroom)
		if err != nil {
			return err
		}
		if !lifted {
			return fault.Conflict("newsletters.brake.none", "Newsroom", newsroom)
		}
		return r.Identity.Audit(ctx, tx, "audit.brake.lifted", "newsroom "+newsroom, n.Name.IT)
	})
	if err == nil {
		r.Delivery.Wake()
	}
	return err
}
