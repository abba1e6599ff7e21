package bounce

import "strings"

// evidence is what a report contains about one recipient.
type evidence struct {
	words   string // the refusing server's words
	context string // the notification's text about it
	field   string // the Status field: the enhanced code as the notifying server understood it
	around  string // the notification's text about several recipients
	delayed bool   // still being tried: nothing has failed
	passing bool   // called temporary, but no longer tried
}

// recipient judges the evidence.
func (e evidence) recipient(address string) Recipient {
	code := firstCode(inner(e.words))
	if code == "" {
		code = firstCode(e.words)
	}
	if code == "" || strings.HasSuffix(code, ".0.0") && e.field != "" {
		code = e.field
	}
	if code == "" {
		code = firstCode(e.context)
	}
	r := Recipient{Address: address, Status: code, Kind: Soft, Reason: e.reason(code)}
	switch {
	case e.delayed:
		r.Kind = Delayed
	case r.Reason.hard() && !e.passing && !e.transient(code):
		r.Kind = Hard
	}
	if (e.delayed || e.passing) && (r.Reason == Undetermined || r.Reason.hard()) {
		r.Reason = Expired
	}
	return r
}

// transient tells whether the server called its refusal temporary: by the class of the enhanced code (RFC 3463 §2), or
// if that is missing by the first digit of its reply (RFC 5321 §4.2.1).
func (e evidence) transient(code string) bool {
	return strings.HasPrefix(code, "4.") || vague(code) && strings.HasPrefix(firstReply(inner(e.words)), "4")
}

// reason uses the signs from the surest to the vaguest (see the package comment).
func (e evidence) reason(code string) Reason {
	words, context, around := normal(inner(e.words)), normal(e.context), normal(e.around)
	command := commandOf(e.words + "\n" + e.context)
	found := Undetermined
	for _, seek := range []func() Reason{
		func() Reason { return byPhrase(surePhrases, words) },
		func() Reason { return byCode(code) },
		func() Reason { return byPhrase(surePhrases, context) },
		func() Reason { return byPhrase(surePhrases, around) },
		func() Reason { return bySubject(sureSubjects, code) },
		func() Reason { return byPhrase(loosePhrases, words) },
		func() Reason { return byPhrase(loosePhrases, context) },
		func() Reason { return byReply(firstReply(e.words), firstReply(e.context)) },
		func() Reason { return bySubject(looseSubjects, code) },
		func() Reason { return commandReasons[command] },
	} {
		if found = seek(); found != Undetermined {
			break
		}
	}
	if found == UnknownAddress && (command == "data" && vague(code) || code == "5.7.1" || code == "5.7.0") {
		return Filtered // the address was accepted, or rules are cited: this does not tell whether the mailbox exists
	}
	if found.hard() && command == "mail" {
		return Sender // our sender address, or its domain, was refused
	}
	if found != MailboxFull && found.OfMailbox() && aboutUs(code, firstReply(inner(e.words))) {
		return Busy
	}
	return found
}

// aboutUs tells whether a temporary refusal is about our server and its sending rate. 4.7.x is the receiver's policy
// (RFC 3463 §3.8); 421 closes the connection for any recipient (RFC 5321 §4.2.3). Neither concerns a mailbox.
func aboutUs(code, reply string) bool {
	return strings.HasPrefix(code, "4.7.") || reply == "421" && vague(code)
}

// inner returns the refusing server's words inside those of a wrapper: Cisco's mail gateways write "5.1.0 - Unknown
// address error 550-'…'" for any refusal.
func inner(words string) string {
	if at := strings.Index(words, "-'"); at >= 3 && isReply(words[at-3:at]) {
		return words[at-3:]
	}
	return words
}

// vague tells whether an enhanced code is not about the address.
func vague(code string) bool {
	return code == "" || strings.HasSuffix(code, ".0.0") || strings.HasSuffix(code, ".2.0")
}

// commandOf returns the refused SMTP command: "mail", "rcpt", "data", "connect" or "".
func commandOf(text string) string {
	text = strings.ToLower(text)
	if refusal := strings.Index(text, "<<< 5"); refusal >= 0 {
		if asked := strings.LastIndex(text[:refusal], ">>> "); asked >= 0 {
			return commandWord(text[asked+4:])
		}
	}
	for _, before := range []string{"in reply to ", "server after ", "mailer after ", "did not like our ", "smtp command\n"} {
		if at := strings.Index(text, before); at >= 0 {
			if word := commandWord(text[at+len(before):]); word != "" {
				return word
			}
		}
	}
	return ""
}

// commandWord reads a command at the beginning of a text, as Sendmail, Postfix and Exim write them.
func commandWord(text string) string {
	text = strings.TrimPrefix(strings.TrimPrefix(text, "pipelined "), "end of ")
	for _, each := range []struct{ prefix, word string }{
		{"mail", "mail"}, {"rcpt", "rcpt"}, {"data", "data"}, {"(end of", "data"},
		{"initial connection", "connect"}, {"helo", "connect"}, {"ehlo", "connect"}, {"lhlo", "connect"},
	} {
		if strings.HasPrefix(text, each.prefix) {
			return each.word
		}
	}
	return ""
}

// byPhrase returns the reason of the first group with a phrase in the text.
func byPhrase(groups []phraseGroup, text string) Reason {
	if text == " " {
		return Undetermined
	}
	for _, g := range groups {
		if matchAny(g.phrases, text) {
			return g.reason
		}
	}
	return Undetermined
}

// byCode looks an enhanced status code up, first with its class.
func byCode(code string) Reason {
	if code == "" {
		return Undetermined
	}
	if found := codeReasons[code]; found != Undetermined {
		return found
	}
	return codeReasons[code[1:]]
}

// bySubject uses only the middle digit of a code (RFC 3463 §3).
func bySubject(subjects map[byte]Reason, code string) Reason {
	if len(code) < 3 {
		return Undetermined
	}
	return subjects[code[2]]
}

// byReply uses the first SMTP reply code that means something by itself (RFC 5321 §4.2.3).
func byReply(codes ...string) Reason {
	for _, code := range codes {
		if found := replyReasons[code]; found != Undetermined {
			return found
		}
	}
	return Undetermined
}

// firstCode finds the first specific enhanced status code of a failure, or else the first one.
func firstCode(text string) string {
	vagueOne := ""
	for i := 0; i+4 < len(text) && i < maxDiagnostic; i++ {
		if text[i] != '4' && text[i] != '5' || text[i+1] != '.' || i > 0 && (digit(text[i-1]) || text[i-1] == '.') {
			continue
		}
		end := codeEnd(text, i)
		if end == 0 {
			continue
		}
		if code := text[i:end]; !strings.HasSuffix(code, ".0.0") {
			return code
		} else if vagueOne == "" {
			vagueOne = code
		}
	}
	return vagueOne
}

// codeEnd returns the end of the code that begins at i; 0 if it is none, such as an IP address.
func codeEnd(text string, i int) int {
	if !digit(text[i+2]) || text[i+3] != '.' || text[i+2] > '7' {
		return 0
	}
	end := i + 4
	for end < len(text) && digit(text[end]) && end < i+8 {
		end++
	}
	if end == i+4 || end > i+7 || end < len(text) && (digit(text[end]) || text[end] == '.' && end+1 < len(text) && digit(text[end+1])) {
		return 0
	}
	return end
}

// firstReply finds the first SMTP reply code of a failure.
func firstReply(text string) string {
	for i := 0; i+2 < len(text) && i < maxDiagnostic; i++ {
		if isReply(text[i:min(len(text), i+4)]) && (i == 0 || strings.IndexByte(" \t\n:;'\"(<", text[i-1]) >= 0) {
			return text[i : i+3]
		}
	}
	return ""
}

// isReply tells whether s begins with a reply code of a failure, ended by a space, a hyphen or the end.
func isReply(s string) bool {
	return len(s) >= 3 && (s[0] == '4' || s[0] == '5') && s[1] >= '0' && s[1] <= '5' && digit(s[2]) &&
		(len(s) == 3 || strings.IndexByte(" -\n\r\t,:.", s[3]) >= 0)
}

// isCode tells whether a word is an enhanced status code, with or without brackets.
func isCode(word string) bool {
	word = strings.Trim(word, "()#[]:")
	return word != "" && firstCode(word) == word
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// normal prepares a text for matching: lower case, single spaces, without codes. Addresses and links are removed, so
// that their content is never taken for a reason. The result begins and ends with a space.
func normal(text string) string {
	text = strings.ToValidUTF8(text[:min(len(text), maxDiagnostic)], "")
	var b strings.Builder
	b.WriteByte(' ')
	for _, word := range strings.Fields(strings.ToLower(text)) {
		switch {
		case strings.Contains(word, "://"), isReply(word), isCode(word):
			continue
		case strings.IndexByte(word, '@') > 0:
			word = "@"
		}
		b.WriteString(word)
		b.WriteByte(' ')
	}
	return b.String()
}

// matchAny tells whether one of the phrases is in the text. A "…" in a phrase stands for up to gap bytes.
func matchAny(phrases []string, text string) bool {
	for _, phrase := range phrases {
		first, second, gapped := strings.Cut(phrase, "…")
		if !gapped {
			if strings.Contains(text, phrase) {
				return true
			}
			continue
		}
		if matchGapped(strings.TrimSpace(first), strings.TrimSpace(second), text) {
			return true
		}
	}
	return false
}

// gap is the largest distance in bytes between the halves of a phrase.
const gap = 60

func matchGapped(first, second, text string) bool {
	for {
		at := strings.Index(text, first)
		if at < 0 {
			return false
		}
		text = text[at+len(first):]
		if strings.Contains(text[:min(len(text), gap+len(second))], second) {
			return true
		}
	}
}
