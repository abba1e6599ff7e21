package newslettersweb

import (
	"net/http"
	"strconv"
	"strings"

	"unoxuno/internal/fault"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/web"
)

// visit returns what the room needs to distinguish people from programs. Nothing of it is stored, except what a reader
// agreed to, who is known only by the token after the path of her links.
func (p *Pages) visit(r *http.Request) newsletters.Visit {
	return newsletters.Visit{
		IP: web.ClientIP(r), UserAgent: r.UserAgent(), Method: r.Method, At: p.Clock.Now(), Reader: r.PathValue("reader"),
		Prefetch: prefetches(r.Header),
	}
}

// prefetches tells whether a browser or mail program says that it prefetches: Sec-Purpose (Fetch Standard, §3.7), and
// its predecessors.
func prefetches(h http.Header) bool {
	for _, name := range []string{"Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"} {
		for _, value := range h.Values(name) {
			value = strings.ToLower(value)
			if strings.Contains(value, "prefetch") || strings.Contains(value, "prerender") || strings.Contains(value, "preview") {
				return true
			}
		}
	}
	return false
}

// click counts a visit to an issue's link and redirects to its target. The link is the same for all recipients, except
// for a reader's token. Only targets that an editor wrote are stored, so that nobody can redirect readers elsewhere
// through us.
func (p *Pages) click(w http.ResponseWriter, r *http.Request) error {
	issue, n, err := p.Newsletters.OpenLink(r.PathValue("token"))
	if err != nil {
		return err
	}
	target, err := p.Newsletters.Clicked(r.Context(), issue, n, p.visit(r))
	if err != nil {
		return err
	}
	w.Header().Set("Location", target)
	w.Header().Set("Cache-Control", "no-store") // a prefetcher asks again when the link is followed
	w.WriteHeader(http.StatusFound)
	return nil
}

// open counts an opening and returns the tracking pixel.
func (p *Pages) open(w http.ResponseWriter, r *http.Request) error {
	token, isGIF := strings.CutSuffix(r.PathValue("file"), ".gif")
	issue, n, err := p.Newsletters.OpenLink(token)
	if err != nil {
		return err
	}
	if !isGIF || n != 0 {
		return fault.NotFound("newsletters.link.unknown")
	}
	if err := p.Newsletters.Opened(r.Context(), issue, p.visit(r)); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "image/gif")
	_, _ = w.Write(newsletters.Pixel()) // the reader may have gone away
	return nil
}

// media serves an image that an editor uploaded. Its name is a hash of its bytes, so it never changes. Mail programs
// may load it from anywhere.
func (p *Pages) media(w http.ResponseWriter, r *http.Request) error {
	image, err := p.Newsletters.Image(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", image.Type)
	h.Set("Content-Length", strconv.Itoa(len(image.Data)))
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	_, _ = w.Write(image.Data) // the reader may have gone away
	return nil
}
