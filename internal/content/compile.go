package content

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Frame is what surrounds the blocks in an e-mail. It is the same for all recipients.
type Frame struct {
	Town          string // "Comune di Esempio"
	Newsletter    string // the newsletter's name
	Newsroom      string // who sends it
	PostalAddress string // of the sender; may be empty
	ReplyTo       string // the newsroom's mailbox; may be empty
	BaseURL       string // the site, "https://…": the uploaded images are below it
	ArchiveURL    string // this issue on the web; may be empty
	PixelURL      string // counts openings, the same address for all; "" for none
	Greet         bool   // whether to begin with Labels.Greeting
	Labels        Labels

	// Link returns the URL that counts visits to url; nil leaves URLs unchanged. It is called once for each http or
	// https URL in the blocks, in order of appearance.
	Link func(url string) string
}

// Compiled is an issue ready to be filled for each person.
type Compiled struct {
	Subject string   `json:"subject"`
	HTML    Template `json:"html"`
	Text    Template `json:"text"`
	Links   []string `json:"links"` // the addresses that blocks link to, as the editor wrote them, each once
}

// Compile renders both forms of an e-mail. Blocks may be invalid, so that a draft can be previewed: what is missing is
// omitted, and an unsafe link is shown as text. An error is a defect of the templates.
func Compile(doc Document, frame Frame) (Compiled, error) {
	links := newLinkSet(frame.Link)
	html, err := emailHTML(doc, frame, links)
	if err != nil {
		return Compiled{}, fmt.Errorf("compile %q: %w", doc.Title, err)
	}
	return Compiled{
		Subject: oneLine(doc.Title),
		HTML:    html,
		Text:    emailText(doc, frame, links),
		Links:   links.found,
	}, nil
}

// Summary is the beginning of the first text, at most limit characters, cut between words: what an inbox or a list
// of issues shows under the title.
func Summary(blocks []Block, limit int) string {
	for _, b := range blocks {
		if b.Kind != KindText {
			continue
		}
		m := parseText(b.Text)
		return shorten(m.plain(m.root), limit)
	}
	return ""
}

func shorten(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	cut := string([]rune(s)[:max(limit-1, 0)])
	if i := strings.LastIndexByte(cut, ' '); i > 0 {
		cut = cut[:i]
	}
	return strings.TrimRight(cut, " ,;:.–-") + "…"
}

// absolute returns the full URL of an uploaded image, which is a path of our site. An image of another host has none:
// its operator would learn who opens the mail, and when.
func (f Frame) absolute(address string) string {
	if !isPath(address) {
		return ""
	}
	return strings.TrimRight(f.BaseURL, "/") + address
}

// greeting is what stands before and after the name.
func (f Frame) greeting() (before, after string) {
	before, after, _ = strings.Cut(f.Labels.Greeting, "{name}")
	return before, after
}

// emailText renders the plain text of an e-mail.
func emailText(doc Document, frame Frame, links *linkSet) Template {
	w := plainWriter{doc: doc, labels: frame.Labels, links: links}
	w.WriteString(wrap(oneLine(frame.Town)+" – "+oneLine(frame.Newsletter), "", "") + "\n")
	w.WriteString(heading(doc.Title, titleLine) + "\n")
	if frame.Greet {
		before, after := frame.greeting()
		w.WriteString(before)
		w.hole(HoleName)
		w.WriteString(after + "\n\n")
	}
	w.blocks()
	w.WriteString("-- \n") // RFC 3676 §4.3: what follows is not the letter
	w.hole(HoleWhy)
	w.WriteString("\n\n" + frame.Labels.OwnPage + ":\n")
	w.hole(HoleOwnPage)
	w.WriteString("\n\n" + frame.Labels.Unsubscribe + ":\n")
	w.hole(HoleUnsubscribe)
	w.WriteString("\n\n")
	if frame.ArchiveURL != "" {
		w.WriteString(frame.Labels.ViewInBrowser + ":\n" + frame.ArchiveURL + "\n\n")
	}
	w.WriteString(wrap(frame.Labels.SentBy+" "+oneLine(frame.Newsroom)+" – "+oneLine(frame.Town), "", ""))
	if frame.PostalAddress != "" {
		w.WriteString(wrap(oneLine(frame.PostalAddress), "", ""))
	}
	if frame.ReplyTo != "" {
		w.WriteString(frame.Labels.WriteTo + ": " + frame.ReplyTo + "\n")
	}
	return w.template(FormatText)
}
