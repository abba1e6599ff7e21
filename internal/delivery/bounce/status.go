package bounce

import "strings"

// statusGroup holds the fields about one recipient in a delivery status (RFC 3464 §2.3).
type statusGroup struct {
	final, original, action, status, diagnostic, retry []byte

	last *[]byte // where continuation lines go
}

// deliveryStatus reads the machine-readable part of a delivery status notification. Only failed and delayed recipients
// make a bounce; delivered, relayed and expanded ones (RFC 3464 §2.3.3) are successes.
func deliveryStatus(m *mail) (Kind, []Recipient) {
	if m.conversation() {
		return None, nil
	}
	bodies := m.status
	if len(bodies) == 0 && m.fromMachine() && matchAny([]string{"final-recipient:", "original-recipient:"}, strings.ToLower(m.text)) {
		bodies = []string{m.text} // the parts are concatenated, as by Amazon WorkMail
	}
	for _, body := range bodies {
		if envelope := fieldOf(body, "original-envelope-id"); envelope != "" {
			set(&m.original.EnvelopeID, envelope)
		}
	}
	groups := statusGroups(bodies)
	sections := sectionsOf(m)
	var failed []Recipient
	var arrived []string
	for _, g := range groups {
		address := g.address(m)
		if address == "" {
			continue
		}
		if g.success() {
			arrived = append(arrived, address)
			continue
		}
		failed = append(failed, g.recipient(m, address, sections))
	}
	if failed = merge(failed); len(failed) > 0 {
		return overall(failed), failed
	}
	if len(arrived) > 0 {
		return Auto, people(arrived, Auto, Undetermined)
	}
	return None, nil
}

// fieldOf returns the value of a field anywhere in a body.
func fieldOf(body, name string) string {
	for line := range strings.Lines(body) {
		if found, value, ok := splitField(line[:min(len(line), maxField)]); ok && found == name {
			return value
		}
	}
	return ""
}

// statusGroups reads the groups of fields. Blank lines separate them, but some servers omit these or add some, so a new
// group also begins with a field that the group has already.
func statusGroups(bodies []string) []statusGroup {
	var all []statusGroup
	var g statusGroup
	flush := func() {
		if len(g.final)+len(g.original) > 0 && len(all) < maxRecipients {
			all = append(all, g)
			g = statusGroup{}
		}
	}
	for _, body := range bodies {
		for line := range strings.Lines(body) {
			line = strings.TrimRight(line[:min(len(line), maxField)], "\r\n")
			if strings.TrimSpace(line) == "" {
				flush()
				g.last = nil
				continue
			}
			if !g.add(line) {
				flush()
				g = statusGroup{}
				g.add(line)
			}
		}
		flush()
		g = statusGroup{}
	}
	return all
}

// add adds a line; false means that it begins another group.
func (g *statusGroup) add(line string) bool {
	name, value, isField := splitField(line)
	if !isField || line[0] == ' ' || line[0] == '\t' {
		if g.last != nil && len(*g.last) < maxDiagnostic {
			*g.last = append(append(*g.last, ' '), strings.TrimSpace(line)...)
		}
		return true
	}
	at := g.field(name)
	if at == nil || name == "x-actual-recipient" && len(*at) > 0 {
		g.last = nil
		return true
	}
	if len(*at) > 0 && name == "diagnostic-code" { // some servers write two
		value = " " + value
	} else if len(*at) > 0 {
		return false
	}
	*at, g.last = append(*at, value[:min(len(value), maxDiagnostic)]...), at
	return len(*at) < 2*maxDiagnostic
}

// field returns where the value of a field is stored, nil if it is not needed.
func (g *statusGroup) field(name string) *[]byte {
	switch name {
	case "final-recipient":
		return &g.final
	case "original-recipient", "x-actual-recipient":
		return &g.original
	case "action":
		return &g.action
	case "status":
		return &g.status
	case "diagnostic-code":
		return &g.diagnostic
	case "will-retry-until":
		return &g.retry
	}
	return nil
}

// delayed tells whether delivery is still being tried (RFC 3464 §2.3.3). If the required Action field is missing, a
// Will-Retry-Until date (§2.3.8) or the text says so.
func (g *statusGroup) delayed(m *mail) bool {
	if len(g.action) > 0 {
		return strings.HasPrefix(strings.ToLower(string(g.action)), "delay")
	}
	return len(g.retry) > 0 || !strings.HasPrefix(string(g.status), "5.") && m.delayed()
}

// address returns where the message ended. If that is a program or an account without a domain, it returns the original
// recipient of the report or the header.
func (g *statusGroup) address(m *mail) string {
	for _, value := range [][]byte{g.final, g.original} {
		if address := typedAddress(string(value)); address != "" {
			return address
		}
	}
	if failed := m.failedRecipients(); len(failed) == 1 {
		return failed[0]
	}
	return m.original.To
}

func (g *statusGroup) success() bool {
	switch action := strings.ToLower(string(g.action)); {
	case strings.HasPrefix(action, "deliver"), strings.HasPrefix(action, "relay"), strings.HasPrefix(action, "expand"):
		return true
	case action == "":
		return strings.HasPrefix(string(g.status), "2.")
	}
	return false
}

func (g *statusGroup) recipient(m *mail, address string, sections map[string]string) Recipient {
	words := string(g.diagnostic)
	if kind, rest, typed := strings.Cut(words, ";"); typed && !strings.Contains(strings.TrimSpace(kind), " ") {
		words = rest
	}
	context := sections[strings.ToLower(address)]
	if original := typedAddress(string(g.original)); original != "" && !strings.EqualFold(original, address) {
		context += sections[strings.ToLower(original)]
	}
	e := evidence{
		words: words, context: context, field: firstCode(string(g.status)),
		delayed: g.delayed(m),
	}
	if _, note, found := strings.Cut(string(g.status), "("); found { // "5.0.0 (undefined status)"
		e.context += "\n" + note
	}
	r := e.recipient(address)
	if original := typedAddress(string(g.original)); !strings.EqualFold(original, address) {
		r.Original = original
	}
	return r
}

// merge keeps one of several entries for the same address: the most severe, and of those the first.
func merge(all []Recipient) []Recipient {
	var kept []Recipient
	index := map[string]int{}
	for _, r := range all {
		key := strings.ToLower(r.Address)
		if i, found := index[key]; found {
			if r.Kind.Graver(kept[i].Kind) {
				kept[i] = r
			}
			continue
		}
		if len(kept) == maxRecipients {
			break
		}
		index[key] = len(kept)
		kept = append(kept, r)
	}
	return kept
}
