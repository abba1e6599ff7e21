package people

import (
	"context"

	"unoxuno/internal/storage"
)

// Confirmed is called, in the transaction, when the holder of an address has confirmed it.
type Confirmed func(ctx context.Context, tx *storage.Tx, channel Channel, address string) error

// PlugConfirmed sets that function. It is called while the program is assembled.
func (p *People) PlugConfirmed(told Confirmed) { p.confirmed = told }
