package peopleweb

import (
	"context"
	"strings"

	"unoxuno/internal/web/ui"
)

// ledgerText is what the ledger notes of a source or a reason, in the reader's language where it is one of the program's
// own; what people wrote stands as they wrote it.
func ledgerText(ctx context.Context, note string) string {
	key := "ledger." + strings.ReplaceAll(note, " ", "-")
	if text := tell(ctx, key); !strings.HasSuffix(text, key) {
		return text
	}
	return note
}

// personProblems are the faults of the forms on a person's page.
func personProblems(v personView) []ui.Problem {
	found := ui.Problems(v.Address)
	for field, text := range v.Error {
		switch field {
		case "address", "email", "sms":
		case "proof":
			found = append(found, ui.Problem{FieldID: "f-proof", Text: text})
		default:
			found = append(found, ui.Problem{Text: text})
		}
	}
	return found
}
