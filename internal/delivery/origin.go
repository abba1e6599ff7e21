package delivery

import (
	"context"

	"unoxuno/internal/delivery/email"
	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/storage"
)

// Origin is a room that sends to many people. The app plugs it under the name that its batches have.
type Origin interface {
	// Audience returns the next page of recipients with a number greater than after, in the order of their numbers. It
	// is called again until it returns Everybody as the end. People who stop matching in between are withdrawn. It runs
	// in the transaction that adds them to the ledger, and may record there whom it defers.
	Audience(ctx context.Context, tx *storage.Tx, m Matter, after int64) (Stretch, error)
	// Letter opens the matter, compiled. It is called once per batch and worker, and cached.
	Letter(ctx context.Context, m Matter) (Letter, error)
	// Finished is called, in the transaction that ends a batch, when nothing of it is queued any more. Other channels
	// of the same ref may not be done. It may be called again, if people were added later or a worker had died.
	Finished(ctx context.Context, tx *storage.Tx, ref int64) error
	// Folding is called in the transaction that deletes ref's messages to the persons after … through from the ledger,
	// and before it does: the origin takes its own counts of them now.
	Folding(ctx context.Context, tx *storage.Tx, ref, after, through int64) error
	// Addresses returns the addresses at which the person is reached now: a return counts against the one that the
	// message went to.
	Addresses(ctx context.Context, q storage.Queryer, person int64) ([]string, error)
	// Sensitive returns those of refs whose receipt may reveal special-category data of a person.
	Sensitive(ctx context.Context, q storage.Queryer, refs []int64) ([]int64, error)
	// Complained is called, in the transaction that records it, when the person reported ref as spam. It may be called
	// again.
	Complained(ctx context.Context, tx *storage.Tx, ref, person int64) error
}

// Matter is the content and channel of one batch.
type Matter struct {
	Ref     int64
	Channel string
	Batch   int64
}

// Farewells is the room that makes unsubscribe tokens. The app plugs it.
type Farewells interface {
	// OneClick unsubscribes as the token says; a fault of kind Expired if it was forged.
	OneClick(ctx context.Context, token string) error
	// Sent returns to whom the token was sent, and with which ref of which origin; a fault of kind Expired if it was
	// forged.
	Sent(token string) (origin string, ref, person int64, err error)
}

// Letter is the opened content of one batch. It is used by several goroutines.
type Letter interface {
	// Recipients returns how to reach those of persons (a few hundred) whose consent is valid now. The others are
	// withdrawn.
	Recipients(ctx context.Context, persons []int64) ([]Recipient, error)
}

// Recipient is how to reach a person now.
type Recipient struct {
	Person      int64
	Address     string
	Name        string            // display name for To; optional
	Template    *email.Template   // the compiled message of her variant
	Unsubscribe email.Unsubscribe // how she unsubscribes
	Values      []string          // values of the template's holes, by number; Values[0] is unused
	Text        string            // of a text message, which has nothing else; prepared by sms.Look
	// Aside, if set, means that nothing is sent now: the person gets it later, with something else. It is called in the
	// transaction that marks her message as Kept, so that she has it in exactly one place, whichever process dies.
	Aside func(ctx context.Context, tx *storage.Tx) error

	// Parted means that her message has ended already, in a transaction of the origin: see Room.Part.
	Parted bool

	path      email.Path   // the parsed Address of a mail …
	number    sms.Number   // … or of a text message
	malformed email.Reason // why nothing can be sent to Address; "" if it can
	digest    []byte       // of Address
}
