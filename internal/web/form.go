package web

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"

	"unoxuno/internal/fault"
)

// maxText is how many bytes of text in a form are read. A route may accept less (Route.MaxBody) and refuse the rest,
// but this much is read and handed back to its writer, who would otherwise lose it.
const maxText int64 = 1 << 20

// maxParts is the largest number of fields in a form with files.
const maxParts = 2000

// maxDrained is how many bytes of a too large body are read and discarded: a browser shows our answer only after it has
// sent everything.
const maxDrained = 16 << 20

// posted is the body of a form, read once for each request.
type posted struct {
	read   bool
	values url.Values
	files  map[string]*Upload
	cut    bool  // there was more text than maxText
	err    error // why the form is refused; values has what was read before
}

// Form returns the request's form: the fields of its body and its query. A form that is too large or malformed is a
// fault. Files are separate: see File.
func Form(r *http.Request) (url.Values, error) {
	p := from(r.Context()).form(r, true)
	if p.err != nil {
		return nil, p.err
	}
	all := url.Values{}
	for _, values := range []url.Values{p.values, r.URL.Query()} {
		for name, list := range values {
			all[name] = append(all[name], list...)
		}
	}
	return all, nil
}

// File returns the file in a field of the form, nil if none was chosen. It is removed when the request has been
// answered.
func File(r *http.Request, field string) (*Upload, error) {
	p := from(r.Context()).form(r, true)
	if p.err != nil {
		return nil, p.err
	}
	return p.files[field], nil
}

// form reads the body once. Without keepFiles it discards the files.
func (q *request) form(r *http.Request, keepFiles bool) *posted {
	if q.posted.read {
		return &q.posted
	}
	q.posted = posted{read: true, values: url.Values{}, files: map[string]*Upload{}}
	if r.Method != http.MethodPost || r.Body == nil {
		return &q.posted
	}
	limit := q.route.MaxBody
	if limit == 0 {
		limit = defaultMaxBody
	}
	body := q.body
	if body == nil {
		body = r.Body
	}
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err != nil && r.Header.Get("Content-Type") != "":
		q.posted.err = badForm(err)
	case kind == "application/x-www-form-urlencoded":
		q.posted.readText(body, limit)
	case kind == "multipart/form-data":
		q.posted.readParts(body, params["boundary"], limit, keepFiles, q.site.opt.Temp)
	}
	if q.posted.err == nil {
		q.posted.err = checkValues(q.posted.values)
	}
	for _, u := range q.posted.files {
		if q.posted.err == nil && !isText(u.Name) {
			q.posted.err = fault.Invalid(notTextKey)
		}
	}
	if errors.As(q.posted.err, new(*fault.Error)) { // reported after everything was read
		_, _ = io.CopyN(io.Discard, body, maxDrained)
	}
	return &q.posted
}

func badForm(cause error) error { return fault.Invalid("web.bad_form").Because(cause) }

func tooLarge() error { return fault.New(fault.KindTooLarge, "web.too_large") }

// readText reads a form without files.
func (p *posted) readText(body io.Reader, limit int64) {
	most := max(maxText, min(limit, MaxKept))
	text, err := io.ReadAll(io.LimitReader(body, most+1))
	if int64(len(text)) > most {
		text, p.cut = wholeEscapes(text[:most]), true
	}
	if int64(len(text)) > limit || p.cut {
		p.err = tooLarge()
	}
	values, malformed := url.ParseQuery(string(text))
	p.values = values
	switch {
	case p.err != nil:
	case err != nil:
		p.err = badForm(err)
	case malformed != nil:
		p.err = badForm(malformed)
	}
}

// wholeEscapes drops an incomplete escape ("%C3") at the end of text.
func wholeEscapes(text []byte) []byte {
	for i := max(0, len(text)-2); i < len(text); i++ {
		if text[i] == '%' {
			return text[:i]
		}
	}
	return text
}

// readParts reads a form that may have files. Beyond the limit it keeps no more of files, but still text, wherever it
// is in the form.
func (p *posted) readParts(body io.Reader, boundary string, limit int64, keepFiles bool, folder string) {
	counted := &counter{from: io.LimitReader(body, limit+maxDrained), limit: limit}
	reader := multipart.NewReader(counted, boundary)
	text := int64(0)
	for parts := 0; ; parts++ {
		part, err := reader.NextPart()
		switch {
		case err != nil:
		case parts == maxParts:
			err = multipart.ErrMessageTooLarge
		case part.FileName() == "":
			err = p.readField(part, &text)
		case keepFiles && p.err == nil:
			err = p.readFile(&bounded{part, counted}, part, folder)
		}
		if counted.over() {
			p.err = tooLarge()
		}
		switch {
		case errors.Is(err, io.EOF):
			return
		case errors.Is(err, errOver): // a file is too large: what follows may be text
		case err != nil && p.err == nil && fault.KindOf(err) == fault.KindInternal:
			p.err = badForm(err)
			return
		case err != nil && p.err == nil:
			p.err = err
		case err != nil && fault.KindOf(err) == fault.KindInternal:
			return
		}
	}
}

func (p *posted) readField(part *multipart.Part, text *int64) error {
	value, err := io.ReadAll(io.LimitReader(part, maxText-*text+1))
	if err != nil {
		return err
	}
	if *text += int64(len(value)); *text > maxText {
		value, p.cut, p.err = value[:len(value)-1], true, tooLarge()
		*text = maxText
	}
	p.values.Add(part.FormName(), string(value))
	return nil
}

func (p *posted) readFile(from io.Reader, part *multipart.Part, folder string) error {
	u, err := newUpload(from, part.FileName(), folder)
	if err != nil {
		return err
	}
	if before := p.files[part.FormName()]; before != nil {
		before.close()
	}
	p.files[part.FormName()] = u
	return nil
}

// close removes the files.
func (p *posted) close() {
	for _, u := range p.files {
		u.close()
	}
}

// errOver means that a body exceeds its limit.
var errOver = errors.New("web: over the limit of the body")

// counter counts what is read.
type counter struct {
	from     io.Reader
	n, limit int64
}

// Read reads.
func (c *counter) Read(b []byte) (int, error) {
	n, err := c.from.Read(b)
	c.n += int64(n)
	return n, err
}

func (c *counter) over() bool { return c.n > c.limit }

// bounded reads a file until the whole body exceeds its limit.
type bounded struct {
	from io.Reader
	body *counter
}

// Read reads.
func (b *bounded) Read(into []byte) (int, error) {
	if b.body.over() {
		return 0, errOver
	}
	return b.from.Read(into)
}
