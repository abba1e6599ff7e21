package people

import (
	"context"

	"unoxuno/internal/storage"
)

// Confirmed is told, in the transaction, that an address has answered: whoever holds it asked for that herself.
type Confirmed func(ctx context.Context, tx *storage.Tx, channel Channel, address string) error

// PlugConfirmed sets who is told. It is called while the program is put together.
func (p *People) PlugConfirmed(told Confirmed) { p.confirmed = told }
