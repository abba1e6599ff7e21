package content

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"sync"
)

//go:embed email/*.html
var emailFiles embed.FS

//go:embed web.html
var webFile string

// comment keeps a comment that html/template would drop: Outlook finds its layout in them. Only the generated
// templates use it, with literals.
func comment(s string) template.HTML { return template.HTML(s) } //nolint:gosec // see above

// emailTemplates and webTemplates are parsed at first use and never changed. They are part of the binary: a mistake
// in them is an error of every Compile, and the first test finds it.
var (
	emailTemplates = sync.OnceValues(func() (*template.Template, error) {
		return template.New("email").Funcs(template.FuncMap{"comment": comment}).ParseFS(emailFiles, "email/*.html")
	})
	webTemplates = sync.OnceValues(func() (*template.Template, error) {
		return template.New("web").Parse(webFile)
	})
)

// blockView is a block as the templates of both readings see it.
type blockView struct {
	Level   int
	Text    string
	HTML    template.HTML
	Source  template.URL // of an image
	URL     template.URL // of a link; "" when it is not safe
	Alt     string
	Caption string
	Label   string
	Title   string
	When    string
	Start   string // for machines: the datetime attribute of HTML §4.5.14 takes our wall times as they are
	Place   string
	Labels  Labels
}

// reading is what differs between e-mail and web page where blocks are shown.
type reading struct {
	language string
	labels   Labels
	links    *linkSet
	image    func(address string) string
	deeper   int // how many levels its headings stand below those of an issue that is alone
}

func (r reading) view(b Block, level int) blockView {
	v := blockView{
		Level: level, Text: oneLine(b.Text), Alt: oneLine(b.Alt), Caption: oneLine(b.Caption), Label: oneLine(b.Label),
		Title: oneLine(b.Title), Place: oneLine(b.Place), Labels: r.labels,
	}
	switch b.Kind {
	case KindText:
		v.HTML = textHTML(b.Text, r.links)
	case KindImage:
		if safeImage(b.URL) {
			v.Source = template.URL(r.image(b.URL)) //nolint:gosec // just found safe
			v.URL = template.URL(b.URL)             //nolint:gosec // just found safe
		}
	case KindEvent, KindButton:
		if safeLink(b.URL) {
			v.URL = template.URL(r.links.rewrite(b.URL)) //nolint:gosec // just found safe
		}
	}
	if b.Kind == KindEvent {
		v.When = When(r.language, b.Start, b.End)
		if start, ok := parseMoment(b.Start); ok {
			v.Start = start.String()
		}
	}
	return v
}

// each renders the blocks one by one; name gives the template of a kind.
func (r reading) each(t *template.Template, blocks []Block, name func(Kind) string, put func([]byte)) error {
	levels := headingLevels(blocks)
	for i, b := range blocks {
		known := t.Lookup(name(b.Kind))
		if known == nil { // of a kind that this version does not know: Validate says so
			continue
		}
		var out bytes.Buffer
		if err := known.Execute(&out, r.view(b, levels[i]+r.deeper)); err != nil {
			return fmt.Errorf("block %s: %w", b.ID, err)
		}
		put(out.Bytes())
	}
	return nil
}

// HTML is the blocks as a fragment of a web page, in the classes of Bootstrap Italia; the page around it shows the
// title as its h1. Addresses are left as they are; an image of another host becomes a link to it, for our pages load
// nothing from elsewhere.
func HTML(doc Document, labels Labels) ([]byte, error) {
	t, err := webTemplates()
	if err != nil {
		return nil, err
	}
	r := reading{
		language: doc.Language, labels: labels, links: newLinkSet(nil),
		image: func(address string) string {
			if isPath(address) {
				return address
			}
			return ""
		},
	}
	var out bytes.Buffer
	err = r.each(t, doc.Blocks, func(k Kind) string { return string(k) }, func(html []byte) { out.Write(html) })
	return out.Bytes(), err
}

// frameView is what the frame's template sees.
type frameView struct {
	Frame

	Language   string
	Title      string
	Preview    string
	Blocks     []Template
	Digest     bool
	Pixel      template.URL
	BeforeName string
	AfterName  string

	out *cutter
}

// Hole opens a hole where the template stands: html/template writes what comes before an action before it evaluates
// the action. The template's names keep the numbers of holes out of it.
func (v frameView) Hole(name string) (string, error) {
	kind, ok := map[string]Hole{
		"name": HoleName, "why": HoleWhy, "own-page": HoleOwnPage, "unsubscribe": HoleUnsubscribe,
	}[name]
	if !ok {
		return "", fmt.Errorf("no hole named %q", name)
	}
	v.out.hole(kind)
	return "", nil
}

// Put writes a block, with its holes, where the template stands; see Hole.
func (v frameView) Put(block Template) string {
	for _, s := range block.Segments {
		v.out.WriteString(s.Literal)
		if s.Hole != HoleNone {
			v.out.hole(s.Hole)
		}
	}
	return ""
}

// emailHTML is the HTML reading of an e-mail.
func emailHTML(doc Document, frame Frame, links *linkSet) (Template, error) {
	t, err := emailTemplates()
	if err != nil {
		return Template{}, err
	}
	out := &cutter{}
	before, after := frame.greeting()
	v := frameView{
		Frame: frame, Language: doc.Language, Title: oneLine(doc.Title), Preview: Summary(doc.Blocks, 110),
		Pixel: template.URL(frame.PixelURL), BeforeName: before, AfterName: after, out: out, //nolint:gosec // ours
	}
	r := reading{
		language: doc.Language, labels: frame.Labels, links: links, image: frame.absolute,
	}
	err = r.each(t, doc.Blocks, func(k Kind) string { return string(k) + ".html" }, func(html []byte) {
		v.Blocks = append(v.Blocks, Template{Segments: []Segment{{Literal: string(html)}}})
	})
	if err != nil {
		return Template{}, err
	}
	if err := t.ExecuteTemplate(out, "frame.html", v); err != nil {
		return Template{}, err
	}
	return out.template(FormatHTML), nil
}
