package peopleweb

import "unoxuno/internal/web/ui"

// personProblems are the faults of the forms on a person's page.
func personProblems(v personView) []ui.Problem {
	found := ui.Problems(v.Address)
	for field, text := range v.Error {
		switch field {
		case "email", "sms":
		case "proof":
			found = append(found, ui.Problem{FieldID: "f-proof", Text: text})
		default:
			found = append(found, ui.Problem{Text: text})
		}
	}
	return found
}
