package delivery

import (
	"context"

	"unoxuno/internal/delivery/email"
	"unoxuno/internal/storage"
)

// Origin is a room that has something to say to many. The app plugs it under the name that its batches carry.
type Origin interface {
	// Letter opens what ref says, compiled. It is asked once for a batch and a worker, and kept as long as they last.
	Letter(ctx context.Context, ref int64) (Letter, error)
	// Finished is told, in the transaction that ends the batch, that nothing of ref is owed any more. It may be told
	// again, when people were added later or when a worker had died.
	Finished(ctx context.Context, tx *storage.Tx, ref int64) error
}

// Letter is what an origin says in one batch. It is used from several goroutines.
type Letter interface {
	// Recipients says, at this very moment, how to reach those of persons (at most InFlight) whose consent stands. Who
	// is missing is withdrawn.
	Recipients(ctx context.Context, persons []int64) ([]Recipient, error)
}

// Recipient is a person as she is reached now.
type Recipient struct {
	Person      int64
	Address     string
	Name        string            // display name for To; may be empty
	Template    *email.Template   // the compiled message of her variant
	Unsubscribe email.Unsubscribe // how she leaves
	Values      []string          // what fills the template's holes, by number; Values[0] is not used
}
