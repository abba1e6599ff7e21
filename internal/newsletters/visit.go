package newsletters

import (
	"context"
	"net/http"
	"strings"
	"time"

	"unoxuno/internal/fault"
)

// Visit is a request for a link or for the tracking pixel. It is classified and then forgotten: the database keeps only
// its hour.
//
// Every GET is counted in the raw number. The filtered number has the visits that seem a person's. These do not (see
// [FilterRule]):
//   - a program that says so in its name, has no name, or calls itself "Mozilla/5.0" and nothing more, as the
//     prefetcher of mail-privacy proxies does; and prefetching of what somebody may follow;
//   - all visits of one address and user agent that, within ten seconds, follow three different links of an issue or
//     are more than five. No reader is that fast, but a scanner is, in one mailbox or in many. Visits already counted
//     are taken back.
//
// The time since the delivery does not matter: links are the same for all, so nobody can know whose it was. Only the
// links of people who agreed identify them. For each visit of these that seems a person's we record what she read: see
// [Reading].
//
// Any other method is not counted and changes nothing: scanners use HEAD first. Counting GET is the one exception to
// the rule that GET changes nothing: a mail program can request a link and an image in no other way. It only changes a
// total, or a record that she agreed to.
type Visit struct {
	IP        string
	UserAgent string
	Method    string    // of the request
	At        time.Time // zero is now
	Reader    string    // what followed the shared path: a ReaderToken, anything else, or nothing
	Prefetch  bool      // the browser prefetches, before anybody has followed the link

	person int64 // the person of the ReaderToken; 0 if there is none
}

// longestAgent is the length in bytes of the longest user agent; the longest in use have some 300.
const longestAgent = 512

// signs are parts of the names of programs, in lower case: mail scanners, previews, libraries.
var signs = [...]string{
	"bot", "crawl", "spider", "scan", "preview", "prefetch", "monitor", "headless", "curl/", "wget/", "python-",
	"go-http-client", "java/", "okhttp", "libwww", "axios", "node-fetch", "proofpoint", "barracuda", "mimecast",
	"safelinks", "urldefense", "fortinet", "ironport", "symantec", "trendmicro", "zscaler", "antivirus",
	"sophos", "forcepoint", "kaspersky", "bitdefender", "virustotal", "hornetsecurity", "cloudmark", "facebookexternalhit", "whatsapp", "skypeuri", "ggpht.com", "yahoomailproxy",
}

// program tells whether the visit identifies itself as a program's.
func (v Visit) program() bool {
	if v.Prefetch || len(v.UserAgent) > longestAgent {
		return true
	}
	agent := strings.ToLower(strings.TrimSpace(v.UserAgent))
	if agent == "" || agent == "mozilla/5.0" {
		return true
	}
	for _, sign := range signs {
		if strings.Contains(agent, sign) {
			return true
		}
	}
	return false
}

// Clicked counts a visit to the n-th link of an issue and returns the target, which is always a URL that the issue's
// editor wrote. The fault is newsletters.link.unknown if there is no such link. The database is read once for all links
// of an issue; the count stays in memory until Flush.
func (r *Room) Clicked(ctx context.Context, issue int64, n int, v Visit) (string, error) {
	links, err := r.shelf.links(ctx, issue)
	if err != nil {
		return "", err
	}
	if n < 1 || n > len(links) {
		return "", fault.NotFound("newsletters.link.unknown")
	}
	r.count(issue, n, v)
	return links[n-1], nil
}

// Opened counts an opening of a sent issue; for any other the fault newsletters.link.unknown. The count stays in memory
// until Flush.
func (r *Room) Opened(ctx context.Context, issue int64, v Visit) error {
	if _, err := r.shelf.links(ctx, issue); err != nil {
		return err
	}
	r.count(issue, 0, v)
	return nil
}

// count counts a visit to a link, or with n 0 an opening.
func (r *Room) count(issue int64, n int, v Visit) {
	if v.Method != http.MethodGet {
		return
	}
	if v.At.IsZero() {
		v.At = r.Clock.Now()
	}
	v.person = r.openReader(issue, v.Reader, v.At)
	r.tally.add(issue, int64(n), v)
}

// Pixel returns the tracking pixel: a GIF of one transparent pixel.
func Pixel() []byte {
	return []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;")
}
