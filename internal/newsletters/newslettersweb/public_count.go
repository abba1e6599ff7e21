package newslettersweb

import (
	"net/http"
	"strconv"
	"strings"

	"unoxuno/internal/fault"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/web"
)

// visit is what the room needs to know of a request to tell people from programs. Nothing of it is kept but what a reader
// agreed to, by the token that follows the path of her links alone.
func (p *Pages) visit(r *http.Request) newsletters.Visit {
	return newsletters.Visit{
		IP: web.ClientIP(r), UserAgent: r.UserAgent(), Method: r.Method, At: p.Clock.Now(), Reader: r.PathValue("reader"),
		Prefetch: prefetches(r.Header),
	}
}

// prefetches is true where a browser or a mail program says that it asks ahead: Sec-Purpose (Fetch Standard, §3.7), and
// what came before it.
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

// click counts a visit of an issue's link, which is the same for all who got it but for a reader's token, and leads where the issue says: only
// addresses that an editor wrote are kept, so that nobody can send readers elsewhere through us.
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
	w.Header().Set("Cache-Control", "no-store") // who asked ahead asks again when the link is followed
	w.WriteHeader(http.StatusFound)
	return nil
}

// open counts a reading and answers with the smallest image there is.
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
	_, _ = w.Write(newsletters.Pixel()) // a reader who has gone away is no fault of ours
	return nil
}

// media is an image that an editor uploaded. Its name is made from its bytes, so that it never changes; mail programs
// show it from anywhere.
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
	_, _ = w.Write(image.Data) // a reader who has gone away is no fault of ours
	return nil
}
