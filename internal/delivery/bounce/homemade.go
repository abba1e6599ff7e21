package bounce

import "strings"

// labelRoom is how many bytes may precede a recipient in a list: "Recipient address: ".
const labelRoom = 40

// linesToRecipient is how many lines after one that announces a failure its recipients are expected.
const linesToRecipient = 12

// How sure it is that an address in the text is a failed recipient.
const (
	unlikely  = iota // the sender, the help desk, a number of a message
	possible         // any address
	probable         // an address in the place of a recipient
	announced        // the same, below a line that announces a failure, or in a refused command
)

// mention is an address in a notification, with the text about it.
type mention struct {
	address string
	sure    int
	about   strings.Builder
}

// homemade reads the notifications that servers write in their own words: qmail, Exim, old Sendmail and all others. A
// mail must have enough signs (bounceScore) and a failed recipient.
func homemade(m *mail) (Kind, []Recipient) {
	score := m.bounceScore()
	if score < enoughScore {
		return None, nil
	}
	delayed := m.delayed()
	failures := m.failures()
	var all []Recipient
	for _, f := range failures {
		e := evidence{words: f.about.String(), context: m.text, delayed: delayed}
		if len(failures) > 1 { // the words about one do not apply to the others, except what precedes all
			e.context = ""
			e.around, _, _ = strings.Cut(m.text, failures[0].address)
		}
		all = append(all, e.recipient(f.address))
	}
	if len(all) > 0 {
		all = merge(all)
		return overall(all), all
	}
	if m.depth == 0 && len(m.quoted) > 0 { // a forwarded notification, as text
		if inner := parse(m.quoted, 1); inner.Kind.Graver(None) {
			return inner.Kind, inner.Recipients
		}
	}
	lone := evidence{words: m.text, delayed: delayed}.recipient(m.original.To)
	switch {
	case lone.Address != "":
		return lone.Kind, []Recipient{lone}
	case score >= namelessScore:
		return lone.Kind, nil
	}
	return None, nil
}

// failures returns the recipients that the notification is about, only the surest ones.
func (m *mail) failures() []*mention {
	mentions := mentionsIn(m.text, m.self())
	if all := m.namedFailures(mentions); len(all) > 0 {
		return all
	}
	for sure := announced; sure > unlikely; sure-- {
		var all []*mention
		for _, each := range mentions {
			if each.sure == sure {
				all = append(all, each)
			}
		}
		if len(all) > 0 && (sure > possible || len(all) == 1) {
			return all
		}
	}
	return nil
}

// namedFailures returns the recipients in the header, unless the text announces others and none of these.
func (m *mail) namedFailures(mentions []*mention) []*mention {
	var all []*mention
	found, others := false, false
	for _, address := range m.failedRecipients() {
		each := pick(mentions, address)
		found = found || each.about.Len() > 0
		all = append(all, each)
	}
	for _, each := range mentions {
		others = others || each.sure == announced
	}
	if !found && others {
		return nil
	}
	return all
}

// pick returns what is said about an address; a mention without words if there is none.
func pick(mentions []*mention, address string) *mention {
	for _, each := range mentions {
		if strings.EqualFold(each.address, address) {
			return each
		}
	}
	return &mention{address: address}
}

// sectionsOf gives, for each address mentioned in the readable text, what is said about it; for an address that stands
// alone in the mail, all the text.
func sectionsOf(m *mail) map[string]string {
	sections := map[string]string{}
	mentions := mentionsIn(m.text, nil)
	for _, each := range mentions {
		if each.sure >= probable {
			sections[strings.ToLower(each.address)] = each.about.String()
		}
	}
	if len(sections) == 0 {
		for _, each := range mentions {
			sections[strings.ToLower(each.address)] = m.text
		}
	}
	return sections
}

// self returns the addresses that the notification was sent to: the sender of the returned message.
func (m *mail) self() map[string]bool {
	self := map[string]bool{strings.ToLower(m.from): true}
	for _, address := range m.to {
		self[strings.ToLower(address)] = true
	}
	return self
}

// textLine is a line of a notification, analysed once.
type textLine struct {
	text, lower             string
	reply, failure, another bool // quotes a refusal; says that delivery failed; holds addresses for other purposes
}

func newLine(text string) textLine {
	text = strings.TrimRight(text[:min(len(text), maxLine)], "\r\n")
	lower := strings.ToLower(text)
	return textLine{text, lower, replyLine(text), matchAny(failurePhrases, lower), matchAny(otherLines, lower)}
}

// reader reads the lines of a notification.
type reader struct {
	self    map[string]bool
	all     []*mention
	index   map[string]*mention
	current *mention // the address that the lines are about
	failing int      // how many more lines may list recipients, after a line that announced a failure
	pending string   // the last server reply before its recipient was named
	closed  bool     // the last reply was complete
}

// mentionsIn reads the text once. Lines after an address belong to it, up to the next address in the place of a
// recipient.
func mentionsIn(text string, self map[string]bool) []*mention {
	r := reader{self: self, index: map[string]*mention{}}
	for line := range strings.Lines(text) {
		r.read(newLine(line))
	}
	return r.all
}

func (r *reader) read(line textLine) {
	here := false
	for i, s := range spans(line.text) {
		sure := r.howSure(line, s, i == 0)
		each := r.mention(s.address, sure)
		if each == nil || sure < probable || here {
			continue
		}
		r.current, here = each, true
		if strings.HasPrefix(line.text, ">>> ") || line.reply {
			each.say(r.pending)
			r.pending = ""
		}
	}
	if r.closed && line.reply && !here {
		r.current, r.pending = nil, line.text // a reply about a recipient named later
	}
	r.closed = line.reply && here && !strings.HasPrefix(line.text, "<<<") || r.closed && !line.reply
	if r.current != nil {
		r.current.say(line.text)
	}
	r.pending = remember(r.pending, line.text)
	if r.failing--; line.failure {
		r.failing = linesToRecipient
	}
}

// mention records an address; nil if it must not be recorded.
func (r *reader) mention(address string, sure int) *mention {
	key := strings.ToLower(address)
	each := r.index[key]
	if sure == unlikely || each == nil && len(r.all) == maxRecipients {
		return nil
	}
	if each == nil {
		each = &mention{address: address}
		r.index[key] = each
		r.all = append(r.all, each)
	}
	each.sure = max(each.sure, sure)
	return each
}

// remember keeps the last server reply before its recipient is named.
func remember(pending, line string) string {
	if strings.HasPrefix(line, "<<<") {
		return line
	}
	if strings.HasPrefix(line, ">>>") || strings.HasPrefix(line, "...") || strings.HasPrefix(line, "While talking") {
		return ""
	}
	return pending
}

func (m *mention) say(line string) {
	if m.about.Len() < maxDiagnostic {
		m.about.WriteString(line)
		m.about.WriteByte('\n')
	}
}

// replyLine tells whether a line is a server's refusal: "550 …" or "<<< 550 …".
func replyLine(line string) bool {
	line = strings.TrimLeft(line, "<> \t")
	return isReply(line[:min(len(line), 4)])
}

// howSure judges an address by the words before it in its line. The sender's own address counts only if no other is
// possible.
func (r *reader) howSure(line textLine, s span, first bool) int {
	leading := first && leads(line.text[:s.start])
	if r.self[strings.ToLower(s.address)] && (!leading || r.failing <= 0) {
		return unlikely
	}
	before := strings.TrimRight(line.lower[max(0, min(s.start, len(line.lower))-gap):min(s.start, len(line.lower))], "<\"'([ \t")
	switch {
	case hasSuffixAny(before, aliasLabels):
		return possible
	case hasSuffixAny(before, senderLabels) || line.another:
		return unlikely
	case hasSuffixAny(before, commandLabels) || leading && r.failing > 0:
		return announced
	case leading:
		return probable
	case hasSuffixAny(before, recipientLabels) || strings.HasSuffix(before, ":") || line.reply:
		if r.failing > 0 && s.start < labelRoom || line.failure {
			return announced
		}
		return probable
	}
	return possible
}

// leads tells whether only ornament precedes an address in its line.
func leads(before string) bool {
	return strings.Trim(before, " \t<>\"'([*-•·0123456789.)") == "" && !replyLine(before)
}

func hasSuffixAny(s string, ends []string) bool {
	for _, end := range ends {
		if strings.HasSuffix(s, end) {
			return true
		}
	}
	return false
}
