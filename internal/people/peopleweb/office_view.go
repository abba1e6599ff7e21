package peopleweb

import (
	"context"
	"strings"

	"unoxuno/internal/web/ui"
)

// ledgerText returns a source or reason of the ledger, in the reader's language if the program wrote it, and unchanged
// if a person did.
func ledgerText(ctx context.Context, note string) string {
	key := "ledger." + strings.ReplaceAll(note, " ", "-")
	if text := tell(ctx, key); !strings.HasSuffix(text, key) {
		return text
	}
	return note
}

// personProblems returns the faults of the forms on a person's page.
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
