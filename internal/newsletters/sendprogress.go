package newsletters

import (
	"context"

	"unoxuno/internal/access"
	"unoxuno/internal/delivery"
	"unoxuno/internal/newsletters/db"
	"unoxuno/internal/storage"
)

// Batches returns the issue's batches, one for each channel; none before sending began.
func (r *Room) Batches(ctx context.Context, id int64) ([]delivery.Batch, error) {
	return r.batches(ctx, r.DB, id)
}

func (r *Room) batches(ctx context.Context, q storage.Queryer, id int64) ([]delivery.Batch, error) {
	var list []delivery.Batch
	for _, channel := range delivery.Channels() {
		batch, found, err := r.Delivery.Find(ctx, q, Origin, id, channel)
		if err != nil {
			return nil, err
		}
		if found {
			list = append(list, batch)
		}
	}
	return list, nil
}

// Progress returns the progress of the issue's sending, on all channels together; zero before it began, and for an
// archived issue. It asks access.ReadStatistics or access.SendIssues.
func (r *Room) Progress(ctx context.Context, id int64) (delivery.Progress, error) {
	i, _, err := anyIssue(ctx, r.DB, id)
	if err != nil {
		return delivery.Progress{}, err
	}
	if may(ctx, access.SendIssues, i.Newsroom) != nil {
		if err := may(ctx, access.ReadStatistics, i.Newsroom); err != nil {
			return delivery.Progress{}, err
		}
	}
	batches, err := r.Batches(ctx, id)
	if err != nil {
		return delivery.Progress{}, err
	}
	all, err := r.progressOf(ctx, batches)
	return delivery.Together(all...), err
}

// progressOf returns the progress of each batch, and what delays it.
func (r *Room) progressOf(ctx context.Context, batches []delivery.Batch) (all []delivery.Progress, err error) {
	all = make([]delivery.Progress, len(batches))
	for n, b := range batches {
		if all[n], err = r.Delivery.Progress(ctx, b.ID); err != nil {
			return nil, err
		}
		if all[n].Delay, err = r.Delivery.Delay(ctx, all[n]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Awaiting returns how many people will get the issue in a coming digest. It asks the same permissions as Progress.
func (r *Room) Awaiting(ctx context.Context, id int64) (int64, error) {
	i, _, err := anyIssue(ctx, r.DB, id)
	if err != nil {
		return 0, err
	}
	if may(ctx, access.SendIssues, i.Newsroom) != nil {
		if err := may(ctx, access.ReadStatistics, i.Newsroom); err != nil {
			return 0, err
		}
	}
	return db.New(r.DB).StillKept(ctx, id)
}
