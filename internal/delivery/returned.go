package delivery

import (
	"context"

	"unoxuno/internal/delivery/bounce"
	"unoxuno/internal/delivery/db"
)

// ReturnCount is how many messages of one kind came back for one reason. A message counts at most once as a bounce, and
// once as a complaint.
type ReturnCount struct {
	Kind   bounce.Kind // Hard, Soft, Delayed or Complaint
	Reason bounce.Reason
	Count  int64
}

// Returned is how many messages came back undelivered, though the relay had taken them.
func (p Progress) Returned() int64 { return p.returned(bounce.Hard) + p.returned(bounce.Soft) }

// Complaints is how many messages were called spam.
func (p Progress) Complaints() int64 { return p.returned(bounce.Complaint) }

func (p Progress) returned(kind bounce.Kind) (n int64) {
	for _, one := range p.Returns {
		if one.Kind == kind {
			n += one.Count
		}
	}
	return n
}

// addReturns adds what came back of the batch.
func (r *Room) addReturns(ctx context.Context, batch int64, p *Progress) error {
	rows, err := db.New(r.db).ReturnsIn(ctx, batch)
	for _, row := range rows {
		p.Returns = append(p.Returns, ReturnCount{bounce.Kind(row.Kind), bounce.Reason(row.Reason), row.Messages})
	}
	return err
}

// ReasonWord is the key of the words for a reason why something came back.
func ReasonWord(reason bounce.Reason) string {
	if reason == bounce.Undetermined {
		return "delivery.return.undetermined"
	}
	return "delivery.return." + string(reason)
}
