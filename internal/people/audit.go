package people

import (
	"context"
	"strconv"

	"unoxuno/internal/access"
	"unoxuno/internal/storage"
)

// Audit writes a line of the audit log within the transaction of the deed: without its line no deed happens. The detail
// never holds a name or an address, since the log outlives the person's data.
type Audit func(ctx context.Context, tx *storage.Tx, action, subject, detail string) error

// PlugAudit sets who keeps the audit log. It is called while the program is put together.
func (p *People) PlugAudit(a Audit) { p.audit = a }

// deed notes what the context's actor did to the person, unless she did it herself: of that the ledger of consents tells.
func (p *People) deed(ctx context.Context, tx *storage.Tx, action string, person int64, detail string) error {
	if kind := access.From(ctx).Kind; kind != access.StaffAct && kind != access.Console {
		return nil
	}
	return p.noteDeed(ctx, tx, action, person, detail)
}

func (p *People) noteDeed(ctx context.Context, tx *storage.Tx, action string, person int64, detail string) error {
	return p.audit(ctx, tx, "audit.person."+action, "person "+strconv.FormatInt(person, 10), detail)
}
