package bounce

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// span is an address found in a line: line[start:end].
type span struct {
	start, end int
	address    string
}

// spans finds the addresses in a line. It is not a parser of RFC 5322, because bounces contain addresses in many forms.
// A domain needs a dot unless the address is in angle brackets.
func spans(line string) []span {
	var all []span
	for from := 0; ; {
		at := strings.IndexByte(line[from:], '@')
		if at < 0 {
			return all
		}
		at += from
		start := localStart(line, at, from)
		end := domainEnd(line, at+1)
		domain := line[at+1 : end]
		angled := start > 0 && line[start-1] == '<' && end < len(line) && line[end] == '>'
		if from = max(end, at+1); start < at && domain != "" && (angled || strings.ContainsRune(domain, '.')) {
			all = append(all, span{start, end, line[start:end]})
		}
	}
}

// localStart goes back from the @ over the local part: a dot-string or a quoted string (RFC 5321 §4.1.2).
func localStart(line string, at, lowest int) int {
	lowest = max(lowest, at-maxLocal)
	if at-1 > lowest && line[at-1] == '"' {
		if open := strings.LastIndexByte(line[lowest:at-1], '"'); open >= 0 {
			return lowest + open
		}
	}
	start := at
	for start > lowest {
		r, size := utf8.DecodeLastRuneInString(line[lowest:start])
		if !isLocal(r) {
			break
		}
		start -= size
	}
	if x400 := start + len("smtp="); x400 < at && strings.EqualFold(line[start:x400], "smtp=") {
		return x400 // Exchange's "c=IT;a= ;p=Comune;dda:SMTP=anna@example.org;"
	}
	return start + leading(line[start:at])
}

// leading counts the bytes before an address that belong to the prose around it.
func leading(local string) int {
	return len(local) - len(strings.TrimLeft(local, "'`*|=/!.?&{}-"))
}

func isLocal(r rune) bool {
	return r < utf8.RuneSelf && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' ||
		strings.ContainsRune("!#$%&'*+-/=?^_`{|}~.", r)) ||
		r >= utf8.RuneSelf && r != utf8.RuneError && unicode.IsLetter(r) && !unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
}

// domainEnd goes forward over the domain, which may be internationalised (RFC 6531).
func domainEnd(line string, start int) int {
	end := start
	for end < len(line) && end-start < maxDomain {
		r, size := utf8.DecodeRuneInString(line[end:])
		plain := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.' || r == '_'
		if !plain && (r < utf8.RuneSelf || r == utf8.RuneError || !unicode.IsLetter(r)) {
			break
		}
		end += size
	}
	return start + len(strings.TrimRight(line[start:end], ".-_"))
}

// addressesIn returns the addresses in a text.
func addressesIn(text string) []string {
	var all []string
	for _, s := range spans(text) {
		if len(all) == maxRecipients {
			break
		}
		all = append(all, s.address)
	}
	return distinct(all)
}

// distinct removes repetitions. Domains and local parts are compared without case: no real mailboxes differ in case
// only.
func distinct(addresses []string) []string {
	var all []string
	seen := map[string]bool{}
	for _, address := range addresses {
		if key := strings.ToLower(address); address != "" && !seen[key] && len(all) < maxRecipients {
			seen[key] = true
			all = append(all, address)
		}
	}
	return all
}

// typedAddress reads "address-type; address" (RFC 3464 §2.3.1), with or without the type, and \x{…} in utf-8 addresses
// (RFC 6533 §3). It returns "" if there is no address, as for a pipe or a system account.
func typedAddress(value string) string {
	kind, rest, found := strings.Cut(value, ";")
	if !found || strings.ContainsAny(kind, "@<\"") {
		kind, rest = "", value
	}
	if strings.EqualFold(strings.TrimSpace(kind), "utf-8") {
		rest = decodeUnitext(rest)
	}
	rest = strings.Trim(rest, " \t<>()")
	if strings.HasPrefix(rest, "@") { // a source route (RFC 5321 appendix C) leads to a machine inside
		_, rest, _ = strings.Cut(rest, ":")
		if _, domain, _ := strings.Cut(rest, "@"); !strings.Contains(domain, ".") {
			return ""
		}
	}
	if at := strings.LastIndexByte(rest, '@'); at > 0 && at+1 < len(rest) && !strings.ContainsAny(rest, " \t<>,|") {
		return rest // unchanged: it may be quoted, or without a dot
	}
	if all := addressesIn(rest); len(all) > 0 {
		return all[0]
	}
	return ""
}

// decodeUnitext resolves \x{HEX}, the embedded Unicode of utf-8-addr-xtext.
func decodeUnitext(s string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, `\x{`)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		digits, rest, closed := strings.Cut(after, "}")
		n, err := strconv.ParseUint(digits, 16, 21)
		if !closed || err != nil || !utf8.ValidRune(rune(n)) {
			b.WriteString(`\x{`)
			s = after
			continue
		}
		b.WriteRune(rune(n))
		s = rest
	}
}
