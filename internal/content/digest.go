package content

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"
)

// Part is one of the issues that a digest holds.
type Part struct {
	Document

	Newsletter string // the newsletter's name
	Discreet   bool   // the newsletter is sensitive: its title is not shown before the mail is opened
	ArchiveURL string // the issue on the web; may be empty
	PixelURL   string // counts openings, the same address for all; "" for none

	// Link gives the address that counts visits to url for everybody together; nil to leave addresses alone.
	Link func(url string) string
}

// CompileDigest renders both forms of an e-mail with several issues: a table of contents, then each issue with its own
// reason and unsubscribe link, the holes of PartHole. A single issue gets no table of contents. Of the frame, Newsroom,
// ArchiveURL, PixelURL, ReplyTo and Link are not used. Its Labels.Unsubscribe is for everything in the mail, leave for
// one part. The result does not use HoleWhy and Links. An error is a defect of the templates.
func CompileDigest(doc Document, parts []Part, frame Frame, leave string) (Compiled, error) {
	frame.ArchiveURL, frame.PixelURL, frame.ReplyTo, frame.Newsroom = "", "", "", ""
	html, err := digestHTML(doc, parts, frame, leave)
	if err != nil {
		return Compiled{}, fmt.Errorf("compile digest %q: %w", doc.Title, err)
	}
	return Compiled{Subject: oneLine(doc.Title), HTML: html, Text: digestText(doc, parts, frame, leave)}, nil
}

// partView is a part for the templates.
type partView struct {
	Anchor     string
	Title      string
	Newsletter string
	Language   string
	ArchiveURL string
	Pixel      template.URL
	Labels     Labels
	Parts      []partView // of the list

	number int
	out    *cutter
}

// Hole opens a hole of the part where the template stands; see frameView.Hole.
func (v partView) Hole(name string) (string, error) {
	kind, ok := map[string]Hole{"why": HoleWhy, "unsubscribe": HoleUnsubscribe}[name]
	if !ok {
		return "", fmt.Errorf("no hole of a part is named %q", name)
	}
	v.out.hole(PartHole(v.number, kind))
	return "", nil
}

func viewOf(n int, p Part, labels Labels) partView {
	return partView{
		Anchor: "n" + strconv.Itoa(n+1), Title: oneLine(p.Title), Newsletter: oneLine(p.Newsletter), Language: p.Language,
		ArchiveURL: p.ArchiveURL, Pixel: template.URL(p.PixelURL), Labels: labels, number: n, //nolint:gosec // ours
	}
}

// digestHTML is the HTML reading of a digest.
func digestHTML(doc Document, parts []Part, frame Frame, leave string) (Template, error) {
	t, err := emailTemplates()
	if err != nil {
		return Template{}, err
	}
	out := &cutter{}
	before, after := frame.greeting()
	v := frameView{
		Frame: frame, Language: doc.Language, Title: oneLine(doc.Title), Preview: titles(parts, 110), Digest: true,
		BeforeName: before, AfterName: after, out: out,
	}
	block := func(name string, view partView) error {
		piece := &cutter{}
		view.out = piece
		err := t.ExecuteTemplate(piece, name, view)
		v.Blocks = append(v.Blocks, piece.template(FormatHTML))
		return err
	}
	labels := frame.Labels
	labels.Unsubscribe = leave
	if len(parts) > 1 {
		contents := partView{Labels: labels}
		for n, p := range parts {
			contents.Parts = append(contents.Parts, viewOf(n, p, labels))
		}
		if err := block("digest_contents.html", contents); err != nil {
			return Template{}, err
		}
	}
	for n, p := range parts {
		view := viewOf(n, p, labels)
		if err := block("digest_part.html", view); err != nil {
			return Template{}, err
		}
		if err := v.partBlocks(t, p, doc.Language); err != nil {
			return Template{}, fmt.Errorf("part %d: %w", n+1, err)
		}
		if err := block("digest_end.html", view); err != nil {
			return Template{}, err
		}
	}
	if err := t.ExecuteTemplate(out, "frame.html", v); err != nil {
		return Template{}, err
	}
	return out.template(FormatHTML), nil
}

// partBlocks adds the blocks of a part, in its own language.
func (v *frameView) partBlocks(t *template.Template, p Part, language string) error {
	put := func(html string) {
		v.Blocks = append(v.Blocks, Template{Segments: []Segment{{Literal: html}}})
	}
	r := reading{
		language: p.Language, labels: v.Labels, links: newLinkSet(p.Link), image: v.absolute, deeper: 1,
	}
	foreign := p.Language != language
	if foreign {
		put(`<div lang="` + template.HTMLEscapeString(p.Language) + `">`)
	}
	err := r.each(t, p.Blocks, func(k Kind) string { return string(k) + ".html" }, func(html []byte) { put(string(html)) })
	if foreign {
		put("</div>\n")
	}
	return err
}

// titles returns the parts' titles in a row: what an inbox shows under the subject.
func titles(parts []Part, limit int) string {
	var all []string
	for _, p := range parts {
		if !p.Discreet {
			all = append(all, oneLine(p.Title))
		}
	}
	return shorten(strings.Join(all, " · "), limit)
}

// digestText is the plain-text reading of a digest.
func digestText(doc Document, parts []Part, frame Frame, leave string) Template {
	w := plainWriter{doc: doc, labels: frame.Labels}
	w.WriteString(wrap(oneLine(frame.Town)+" – "+oneLine(frame.Newsletter), "", "") + "\n")
	w.WriteString(heading(doc.Title, titleLine) + "\n")
	if frame.Greet {
		before, after := frame.greeting()
		w.WriteString(before)
		w.hole(HoleName)
		w.WriteString(after + "\n\n")
	}
	if len(parts) > 1 {
		w.WriteString(frame.Labels.Contents + ":\n")
		for n, p := range parts {
			mark := strconv.Itoa(n+1) + ". "
			w.WriteString(wrap(oneLine(p.Title)+" ("+oneLine(p.Newsletter)+")", mark, strings.Repeat(" ", len(mark))))
		}
		w.WriteString("\n")
	}
	for n, p := range parts {
		w.part(n, p, leave)
	}
	w.WriteString("-- \n" + frame.Labels.OwnPage + ":\n")
	w.hole(HoleOwnPage)
	w.WriteString("\n\n" + frame.Labels.Unsubscribe + ":\n")
	w.hole(HoleUnsubscribe)
	w.WriteString("\n\n" + wrap(frame.Labels.SentBy+" "+oneLine(frame.Town), "", ""))
	if frame.PostalAddress != "" {
		w.WriteString(wrap(oneLine(frame.PostalAddress), "", ""))
	}
	return w.template(FormatText)
}

// part writes one issue of a digest.
func (w *plainWriter) part(n int, p Part, leave string) {
	w.doc, w.links = p.Document, newLinkSet(p.Link)
	w.WriteString(strings.Repeat("_", textWidth) + "\n\n")
	w.WriteString(wrap(oneLine(p.Newsletter), "", "") + heading(p.Title, titleLine) + "\n")
	w.blocks()
	w.hole(PartHole(n, HoleWhy))
	w.WriteString("\n\n")
	if p.ArchiveURL != "" {
		w.WriteString(w.labels.ViewInBrowser + ":\n" + p.ArchiveURL + "\n\n")
	}
	w.WriteString(wrap(leave+": "+oneLine(p.Newsletter), "", ""))
	w.hole(PartHole(n, HoleUnsubscribe))
	w.WriteString("\n\n")
}
