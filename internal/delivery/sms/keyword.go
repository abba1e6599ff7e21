package sms

import (
	"strings"
	"unicode"

	"unoxuno/internal/storage"
)

// Command is what an inbound message asks for.
type Command string

// The commands there are.
const (
	Stop    Command = "stop"    // no more messages; Request.Rest may say of what
	Start   Command = "start"   // messages again
	Help    Command = "help"    // who are you, what can I write
	Keyword Command = "keyword" // a word that the caller knows, or not
	Nothing Command = "nothing" // there is no word in it
)

// Request is an inbound text, understood.
type Request struct {
	Command Command
	Word    string // the first word, folded: lower case, without accents and punctuation around it
	Rest    string // what follows it, as it was written, trimmed
}

// commandOf is the command that a folded first word gives.
func commandOf(word string) Command {
	switch word {
	case "":
		return Nothing
	case "stop", "stopall", "fine", "basta", "arresto", "arresta", "cancella", "cancellami", "disiscrivi", "disiscrivimi",
		"unsubscribe", "cancel", "end", "quit":
		return Stop
	case "start", "inizia", "riprendi", "iscrivi", "iscrivimi", "subscribe", "unstop":
		return Start
	case "help", "aiuto", "info":
		return Help
	}
	return Keyword
}

// ReadCommand understands the first word of an inbound text, whatever its case, its accents, and the punctuation around
// it: "«Stop!»", "BASTA.", "Cancellami per favore". A sentence that happens to begin with such a word counts: who is
// stopped by mistake can start again, who is not stopped is written to against her will.
func ReadCommand(text string) Request {
	notWord := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.Is(unicode.Mn, r) }
	text = strings.TrimLeftFunc(text, notWord)
	word, rest := text, ""
	if i := strings.IndexFunc(text, notWord); i >= 0 {
		word, rest = text[:i], strings.TrimLeftFunc(text[i:], func(r rune) bool { return unicode.IsSpace(r) || unicode.IsPunct(r) })
	}
	word = storage.Fold(word)
	return Request{Command: commandOf(word), Word: word, Rest: strings.TrimSpace(rest)}
}
