package delivery

import (
	"context"

	"unoxuno/internal/delivery/bounce"
	"unoxuno/internal/delivery/db"
)

// ReturnCount is how many messages were returned in one kind for one reason. A message counts at most once as a bounce,
// and once as a complaint.
type ReturnCount struct {
	Kind   bounce.Kind // Hard, Soft, Delayed or Complaint
	Reason bounce.Reason
	Count  int64
}

// Returned returns how many accepted messages were returned undelivered.
func (p Progress) Returned() int64 { return p.returned(bounce.Hard) + p.returned(bounce.Soft) }

// Complaints returns how many messages were reported as spam.
func (p Progress) Complaints() int64 { return p.returned(bounce.Complaint) }

func (p Progress) returned(kind bounce.Kind) (n int64) {
	for _, one := range p.Returns {
		if one.Kind == kind {
			n += one.Count
		}
	}
	return n
}

// addReturns adds the batch's returns.
func (r *Room) addReturns(ctx context.Context, batch int64, p *Progress) error {
	rows, err := db.New(r.db).ReturnsIn(ctx, batch)
	for _, row := range rows {
		p.Returns = append(p.Returns, ReturnCount{bounce.Kind(row.Kind), bounce.Reason(row.Reason), row.Messages})
	}
	return err
}

// ReasonWord returns the key of the words for the reason of a return.
func ReasonWord(reason bounce.Reason) string {
	if reason == bounce.Undetermined {
		return "delivery.return.undetermined"
	}
	return "delivery.return." + string(reason)
}
