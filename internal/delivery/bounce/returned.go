package bounce

import "strings"

// headerRun is how many header fields in a row make lines of text a returned message.
const headerRun = 3

// Fields that a message has and prose has not, and those that only a message in transit has: one of the latter must be
// in the run.
var (
	messageFields = map[string]bool{
		"from": true, "to": true, "cc": true, "subject": true, "date": true, "mime-version": true, "content-type": true,
		"content-transfer-encoding": true, "sender": true, "reply-to": true, "delivered-to": true, "x-mailer": true,
	}
	travelFields = map[string]bool{
		"received": true, "return-path": true, "message-id": true, "dkim-signature": true, "x-received": true,
		"arc-seal": true, "x-original-to": true,
	}
)

// cutReturned separates a notification's own words from the message that it returns as text: at a line that announces
// it (returnedLines), or where a header begins. The second part begins with the header if one was found.
func cutReturned(text string) (human, returned string) {
	announced, run, travelling, block := -1, 0, false, 0
	for at := 0; at < len(text); {
		next := strings.IndexByte(text[at:], '\n') + 1
		if next == 0 {
			next = len(text) - at
		}
		line := text[at : at+min(next, maxLine)]
		name, _, isField := splitField(strings.TrimRight(line, "\r\n"))
		switch {
		case isField && run == 0:
			block = at
			fallthrough
		case isField:
			if messageFields[name] || travelFields[name] {
				run++
			}
			travelling = travelling || travelFields[name]
		case run > 0 && (line[0] == ' ' || line[0] == '\t'):
		default:
			run, travelling = 0, false
		}
		if run >= headerRun && travelling {
			if announced < 0 {
				announced = block
			}
			return text[:announced], text[block:]
		}
		if announced < 0 && !isField && announces(line) {
			announced = at
		}
		at += next
	}
	if announced >= 0 {
		return text[:announced], text[announced:]
	}
	return text, ""
}

// announces tells whether a line says that the returned message comes next.
func announces(line string) bool {
	if len(line) > 2*gap {
		return false
	}
	line = strings.ToLower(line)
	ruled := strings.IndexAny(line, "-=*_#|") == 0
	return matchAny(returnedLines, line) || ruled && matchAny(returnedRules, line)
}
