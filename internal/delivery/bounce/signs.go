package bounce

import (
	"regexp"
	"slices"
	"strings"
)

// The scores that a mail without a machine-readable status needs to count as a bounce: usually, and if it names nobody.
// The address that it came to may then identify the recipient.
const (
	enoughScore   = 5
	namelessScore = 7
)

// bounceScore adds up the signs of a notification. No single sign is enough: people write about returned mail, and
// automatic answers have the same empty envelope sender.
func (m *mail) bounceScore() int {
	report := m.kind == "multipart/report" && strings.EqualFold(m.params["report-type"], "delivery-status")
	named := report || m.header.has("x-failed-recipients")
	machine := named || m.daemon()
	text := strings.ToLower(m.text)
	ours := m.returnsOurs()
	switch {
	case m.conversation(), !machine && m.answers(), !m.named(daemonNames) && matchAny(answerSubjects, m.subject):
		return 0
	case !machine && !m.nullSender() && (!ours || m.header.has("in-reply-to") || m.header.has("list-id")):
		return 0 // a person who writes about a bounce, or a list that mentions deliveries
	}
	facts := weigh([]sign{
		{3, named},
		{2, matchAny(commandLabels, text)},
		{2, ours},
		{1, m.refusalQuoted()},
		{1, len(m.quoted) > 0 || len(m.reported) > 0},
	})
	words := weigh([]sign{{2, matchAny(failurePhrases, text) || m.delayed()}})
	answerable := m.header.has("return-path") && !m.nullSender()
	if facts+words == 0 || facts == 0 && answerable && !m.named(daemonNames) {
		return 0 // only a sender and a subject, or a postmaster's words, who is a person
	}
	return facts + words + weigh([]sign{
		{2, m.daemon()},
		{1, m.named(daemonNames)},
		{1, m.nullSender()},
		{2, matchAny(bounceSubjects, m.subject) || matchAny(delayPhrases, m.subject)},
	})
}

// sign is a sign of a notification, with its weight.
type sign struct {
	weight int
	there  bool
}

func weigh(signs []sign) (sum int) {
	for _, s := range signs {
		if s.there {
			sum += s.weight
		}
	}
	return sum
}

// returnsOurs tells whether the mail returns a message that its addressee sent.
func (m *mail) returnsOurs() bool {
	quoted, _ := readHeader(m.quoted)
	for _, h := range append([]header{quoted}, m.reported...) {
		for _, from := range addressesIn(h.text("from") + " " + h.get("return-path")) {
			if len(m.to) > 0 && strings.EqualFold(from, m.to[0]) {
				return true
			}
		}
	}
	return false
}

// refusalQuoted tells whether the text quotes a server's refusal.
func (m *mail) refusalQuoted() bool {
	for line := range strings.Lines(m.text) {
		if replyLine(line[:min(len(line), maxLine)]) {
			return true
		}
	}
	return firstCode(m.text) != "" || firstReply(m.text) != ""
}

// conversation tells whether a person replies or forwards. Mail systems do not, except that a report (RFC 6522) may
// have the subject of its message, and people do not write reports.
func (m *mail) conversation() bool {
	if m.daemon() || m.nullSender() || m.kind == "multipart/report" {
		return false
	}
	word, _, found := strings.Cut(m.subject, ":")
	if !found {
		word, _, found = strings.Cut(m.subject, "：")
	}
	return found && len(word) < 12 && slices.Contains(replyPrefixes, strings.TrimRight(word, " []0123456789"))
}

// delayed tells whether a notification only warns about a delay. A text that says that trying has ended is a failure,
// whatever its subject.
func (m *mail) delayed() bool {
	text := normal(m.text)
	return !matchAny(endPhrases, text) && (matchAny(delayPhrases, m.subject) || matchAny(delayPhrases, text))
}

// automatic tells whether a machine wrote the mail: it says so, or wants no answer (RFC 3834 §3.3).
func (m *mail) automatic() bool { return m.answers() || m.nullSender() }

// answers tells whether a mail calls itself automatic (RFC 3834 §5, and its predecessors).
func (m *mail) answers() bool {
	submitted, _, _ := strings.Cut(strings.ToLower(m.header.get("auto-submitted")), ";")
	if submitted = strings.TrimSpace(submitted); submitted != "" && submitted != "no" {
		return true
	}
	for _, name := range answerFields {
		if m.header.has(name) {
			return true
		}
	}
	precedence := strings.ToLower(m.header.get("precedence"))
	return strings.Contains(precedence, "auto") || matchAny(answerSubjects, m.subject)
}

// unsubscribes recognises an unsubscription. An automatic answer to the address for unsubscriptions is none.
func (m *mail) unsubscribes(kind Kind) bool {
	subject := wish(m.subject)
	if slices.Contains(unsubscribeWords, subject) {
		return true
	}
	if kind == Auto {
		return false
	}
	for _, address := range m.to {
		local, _, _ := strings.Cut(strings.ToLower(address), "@")
		for _, start := range unsubscribeMailboxes {
			if strings.HasPrefix(local, start) {
				return true
			}
		}
	}
	for line := range strings.Lines(m.text) {
		if line = wish(line[:min(len(line), maxLine)]); line != "" {
			return slices.Contains(unsubscribeWords, line)
		}
	}
	return false
}

// leaveSubject matches the subject of mail for the mailto of our List-Unsubscribe.
var leaveSubject = regexp.MustCompile(`^(?i:unsubscribe)-([A-Za-z0-9_-]{20,})$`)

// leaveToken returns the token of an unsubscription by mail, "" if there is none.
func (m *mail) leaveToken() string {
	if found := leaveSubject.FindStringSubmatch(strings.TrimSpace(m.header.text("subject"))); found != nil {
		return found[1]
	}
	return ""
}

// wish returns a subject or line without decoration.
func wish(s string) string {
	s = strings.ToLower(strings.Trim(s, " \t\r\n.!\"'<>[]«»“”"))
	for _, prefix := range replyPrefixes {
		if rest, found := strings.CutPrefix(s, prefix+":"); found {
			return strings.TrimSpace(rest)
		}
	}
	return s
}
