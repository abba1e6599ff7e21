package people

import (
	"context"
	"strconv"

	"unoxuno/internal/access"
	"unoxuno/internal/storage"
)

// Audit writes a line of the audit log in the transaction of the action, so that no action happens without its line.
// The detail never contains a name or an address, because the log outlives the person's data.
type Audit func(ctx context.Context, tx *storage.Tx, action, subject, detail string) error

// PlugAudit sets the audit log. It is called while the program is assembled.
func (p *People) PlugAudit(a Audit) { p.audit = a }

// deed records what the context's actor did to the person. What she does herself is in the ledger of consents instead.
func (p *People) deed(ctx context.Context, tx *storage.Tx, action string, person int64, detail string) error {
	if kind := access.From(ctx).Kind; kind != access.StaffAct && kind != access.Console {
		return nil
	}
	return p.noteDeed(ctx, tx, action, person, detail)
}

func (p *People) noteDeed(ctx context.Context, tx *storage.Tx, action string, person int64, detail string) error {
	return p.audit(ctx, tx, "audit.person."+action, "person "+strconv.FormatInt(person, 10), detail)
}
