package bounce

import (
	"bytes"
	"crypto/sha256"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// corpusVariable names a directory of real bounces (*.eml) with the expected answers in answers.tsv: file, recipient,
// reason, 1 soft or 0 hard or -1 no bounce, action, status.
const corpusVariable = "UNOXUNO_BOUNCE_CORPUS"

// What the parser must reach on the whole corpus.
const (
	wantedRecipients = 0.95
	wantedKinds      = 0.90
	wantedReasons    = 0.84
)

// ourReasons maps each reason of the answers to our reasons. The lists differ, so a reason may map to several.
// "filtered" there also covers refusals after the message was accepted that say nothing about the address.
var ourReasons = map[string][]Reason{
	"userunknown": {UnknownAddress}, "mailboxfull": {MailboxFull}, "policyviolation": {Policy, Content}, "blocked": {Blocked, Busy},
	"expired": {Expired, Network}, "filtered": {Filtered, UnknownAddress}, "rejected": {Sender, Relaying}, "networkerror": {Network},
	"hostunknown": {UnknownDomain}, "securityerror": {Policy, Protocol}, "suspend": {Suspended}, "systemerror": {System},
	"spamdetected": {Spam}, "onhold": {Undetermined}, "toomanyconn": {Busy}, "mailererror": {System}, "syntaxerror": {Protocol},
	"norelaying": {Relaying}, "hasmoved": {Moved}, "notaccept": {NoMail}, "mesgtoobig": {TooLarge}, "exceedlimit": {TooLarge},
	"virusdetected": {Virus}, "undefined": {Undetermined}, "contenterror": {Content}, "feedback": {Abuse}, "vacation": {Answer},
}

// answer is a line of answers.tsv.
type answer struct{ file, address, reason, soft string }

func readAnswers(t *testing.T, dir string) []answer {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "answers.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	var all []answer
	for line := range strings.Lines(string(raw)) {
		if cells := strings.Split(strings.TrimSpace(line), "\t"); len(cells) == 6 && !strings.HasPrefix(line, "#") {
			all = append(all, answer{cells[0], cells[1], cells[2], cells[3]})
		}
	}
	return all
}

// score counts correct results.
type score struct{ answers, recipients, reasons, bounces, kinds, mistaken int }

func (s score) log(t *testing.T, name string) {
	t.Logf("%s: recipient %d of %d (%.1f %%), reason %d of %d (%.1f %%), hard or soft %d of %d (%.1f %%), taken for a bounce wrongly %d",
		name, s.recipients, s.answers, 100*s.recipientRate(), s.reasons, s.recipients, 100*s.reasonRate(), s.kinds, s.bounces,
		100*s.kindRate(), s.mistaken)
}

func (s score) recipientRate() float64 { return float64(s.recipients) / float64(max(s.answers, 1)) }
func (s score) reasonRate() float64    { return float64(s.reasons) / float64(max(s.recipients, 1)) }
func (s score) kindRate() float64      { return float64(s.kinds) / float64(max(s.bounces, 1)) }

// count compares the report with an answer and returns what is wrong.
func (s *score) count(a answer, report Report) (miss string) {
	if a.soft == "-1" && report.Kind.Graver(None) {
		s.mistaken++
		miss = "is no bounce"
	}
	s.answers++
	for _, r := range report.Recipients {
		if !strings.EqualFold(r.Address, a.address) {
			continue
		}
		s.recipients++
		if slices.Contains(ourReasons[a.reason], r.Reason) {
			s.reasons++
		}
		if a.soft == "-1" {
			return miss
		}
		s.bounces++
		if (a.soft == "0") == (r.Kind == Hard) {
			s.kinds++
			return miss
		}
		return "not " + string(r.Kind)
	}
	return miss + " recipient not found"
}

// TestCorpus measures the parser on real mails. They are in two halves, by the hash of their names: rules were written
// with one half and are measured on the other, so that memorising is noticed.
func TestCorpus(t *testing.T) {
	dir := os.Getenv(corpusVariable)
	if dir == "" {
		t.Skip("to measure on real bounces, name their directory in " + corpusVariable)
	}
	halves, all := map[string]*score{"seen half": {}, "other half": {}}, &score{}
	for _, a := range readAnswers(t, dir) {
		raw, err := os.ReadFile(filepath.Join(dir, a.file))
		if err != nil {
			t.Fatal(err)
		}
		report, err := Parse(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if a.reason == "-" { // the answer is unknown; it is only known to be a bounce
			if !report.Kind.Graver(None) {
				t.Logf("%s: %s, yet a bounce", a.file, report.Kind)
			}
			continue
		}
		half := "seen half"
		if sha256.Sum256([]byte(a.file))[0]>>4%2 == 1 {
			half = "other half"
		}
		halves[half].count(a, report)
		if miss := all.count(a, report); miss != "" {
			t.Logf("%s (%s): %s: wanted %s %s; got %s", a.file, half, miss, a.address, a.reason, report.Explain(a.file).JSON())
		}
	}
	halves["seen half"].log(t, "seen half")
	halves["other half"].log(t, "other half")
	all.log(t, "all")
	if all.recipientRate() < wantedRecipients || all.kindRate() < wantedKinds ||
		all.reasonRate() < wantedReasons || all.mistaken > 0 {
		t.Error("below what is wanted")
	}
}
