package newsletters

import (
	"context"
	"net/http"
	"strings"
	"time"

	"unoxuno/internal/fault"
)

// Visit is a request for a link or for the mark of an opening. It is judged and then forgotten: of a visit the database
// keeps its hour.
//
// A GET is counted raw. In the filtered number are those that seem a person's; these are not (see [FilterRule]):
//   - a program that says so in its name, has no name, or calls itself "Mozilla/5.0" and nothing more, as the prefetcher
//     of mail-privacy proxies does, or asks ahead for what somebody may follow;
//   - all visits of one address and agent that, within ten seconds, follow three different links of an issue or are more
//     than five: no reader is that quick, and a scanner is, in one mailbox or in many. Those already counted are taken
//     back.
//
// How long after her own delivery somebody came is not asked: links are the same for all, so that nobody can know. Only
// the links of who agreed to it say whose they are; then it is noted as well, of each visit that seems a person's, what
// she read: see [Reading].
//
// Any other method is counted nowhere, and changes nothing: scanners look with HEAD before they leap. That GET counts is
// the one exception to the rule that GET changes nothing: a mail program can ask for a link and an image in no other way,
// and what changes is a total of everybody's, or what she asked to be noted herself.
type Visit struct {
	IP        string
	UserAgent string
	Method    string    // of the request
	At        time.Time // zero is now
	Reader    string    // what stood after the shared path: a ReaderToken, anything else, or nothing
	Prefetch  bool      // the browser asks ahead, before anybody has followed the link

	person int64 // whose ReaderToken that is; 0 is nobody's
}

// longestAgent is how long the name of a browser can be, in bytes; the longest in use have some 300.
const longestAgent = 512

// signs are parts of the names of programs, in small letters: scanners of mail, previews, libraries.
var signs = [...]string{
	"bot", "crawl", "spider", "scan", "preview", "prefetch", "monitor", "headless", "curl/", "wget/", "python-",
	"go-http-client", "java/", "okhttp", "libwww", "axios", "node-fetch", "proofpoint", "barracuda", "mimecast",
	"safelinks", "urldefense", "fortinet", "ironport", "symantec", "trendmicro", "zscaler", "antivirus",
	"sophos", "forcepoint", "kaspersky", "bitdefender", "virustotal", "hornetsecurity", "cloudmark", "facebookexternalhit", "whatsapp", "skypeuri", "ggpht.com", "yahoomailproxy",
}

// program tells whether the visit is not a person's by what it says of itself.
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

// Clicked counts a visit to the n-th link of an issue and returns where it leads: an address that the issue's editor
// wrote, and no other. The fault newsletters.link.unknown when there is no such link. The database is asked once for all
// links of an issue, and then no more: the count is in memory until Flush.
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

// Opened counts an opening of an issue that was sent; for any other the fault newsletters.link.unknown. As for Clicked,
// the count is in memory until Flush.
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

// Pixel is the mark of an opening: a GIF of one transparent point.
func Pixel() []byte {
	return []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;")
}
