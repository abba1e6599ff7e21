package newslettersweb

import (
	"context"
	"net/http"
	"time"

	"unoxuno/internal/locale"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/web"
)

// digestsShown is the number of digests on the page.
const digestsShown = 30

// digestsView is the page of digests.
type digestsView struct {
	Digests []newsletters.Digest
	Slots   newsletters.Slots
	Now     time.Time
}

// digests lists the digests that were made, and when the next ones go.
func (p *Pages) digests(w http.ResponseWriter, r *http.Request) error {
	list, err := p.Newsletters.LatestDigests(r.Context(), digestsShown)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, digestsPage(digestsView{
		Digests: list, Slots: p.Newsletters.Slots(), Now: p.Clock.Now(),
	}))
}

// next returns the next slot of a pace by the town's clock.
func (v digestsView) next(ctx context.Context, pace newsletters.Pace) string {
	return locale.DateTime(locale.Lang(ctx), v.Slots.Next(pace, v.Now).In(v.Slots.Zone))
}

// bound returns the town's limit of messages a week, in words.
func (v digestsView) bound(ctx context.Context) string {
	if most := v.Slots.Digests.MostAWeek; most > 0 {
		return tell(ctx, "digests.bound_is", "Count", most)
	}
	return tell(ctx, "digests.unbound")
}
