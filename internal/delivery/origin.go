package delivery

import (
	"context"

	"unoxuno/internal/delivery/email"
	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/storage"
)

// Origin is a room that has something to say to many. The app plugs it under the name that its batches carry.
type Origin interface {
	// Audience names those whom the matter is for and whose number is greater than after: some of them, in the order of
	// their numbers, or all. It is asked again until it has come to Everybody. Whoever stops fitting in between is
	// withdrawn. It is asked in the transaction that puts them into the ledger, and may write there whom it puts aside.
	Audience(ctx context.Context, tx *storage.Tx, m Matter, after int64) (Stretch, error)
	// Letter opens the matter, compiled. It is asked once for a batch and a worker, and kept as long as they last.
	Letter(ctx context.Context, m Matter) (Letter, error)
	// Finished is told, in the transaction that ends a batch, that nothing of it is owed any more; other channels of the
	// same ref may be under way. It may be told again, when people were added later or when a worker had died.
	Finished(ctx context.Context, tx *storage.Tx, ref int64) error
	// Folding is told, in the transaction in which the ledger lets go of ref's messages to the persons after one and through
	// another, and before it does: what the origin counts by them it counts now, for itself.
	Folding(ctx context.Context, tx *storage.Tx, ref, after, through int64) error
	// Addresses are those at which the person is reached now: what came back is held against the one it had gone to.
	Addresses(ctx context.Context, q storage.Queryer, person int64) ([]string, error)
	// Sensitive returns those of refs whose receipt may reveal special-category data of a person.
	Sensitive(ctx context.Context, q storage.Queryer, refs []int64) ([]int64, error)
	// Complained is told, in the transaction that notes it, that the person called ref spam. It may be told again.
	Complained(ctx context.Context, tx *storage.Tx, ref, person int64) error
}

// Matter is what one batch has to say, and over which channel.
type Matter struct {
	Ref     int64
	Channel string
	Batch   int64
}

// Farewells is the room that makes the tokens by which people leave. The app plugs it.
type Farewells interface {
	// OneClick does at once what the holder of the token asks; a fault of kind Expired when it was forged.
	OneClick(ctx context.Context, token string) error
	// Sent is to whom the token was sent, and with what of which origin; a fault of kind Expired when it was forged.
	Sent(token string) (origin string, ref, person int64, err error)
}

// Letter is what an origin says in one batch. It is used from several goroutines.
type Letter interface {
	// Recipients says, at this very moment, how to reach those of persons (a few hundred) whose consent stands. Who
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
	Text        string            // of a text message, which has nothing else; as sms.Look prepared it
	// Aside, where it is given, says that she is not sent to: she gets it later, with something else. It is called in the
	// transaction in which her message ends as Kept, so that she has it in one place or the other, whoever dies when.
	Aside func(ctx context.Context, tx *storage.Tx) error

	// Parted says that her message has ended already, in a transaction of the origin's own: see Room.Part.
	Parted bool

	path   email.Path // Address, read, of a mail …
	number sms.Number // … or of a text message
}
