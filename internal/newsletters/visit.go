package newsletters

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"net/http"
	"strings"
	"sync"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/fault"
	"unoxuno/internal/newsletters/db"
	"unoxuno/internal/storage"
)

// Visit is a request for a link or for the mark of an opening. It is judged and then forgotten: of a visit the database
// keeps its hour.
//
// Every visit is counted raw. In the filtered number are those that seem a person's; these are not:
//   - any method but GET: scanners look before they leap;
//   - a program that says so in its name, has no name, or calls itself "Mozilla/5.0" and nothing more, as the prefetcher
//     of mail-privacy proxies does;
//   - all visits of one address and agent that, within ten seconds, follow three different links of an issue or make more
//     than five visits: no reader is that quick, and a scanner is, in one mailbox or in many. Those already counted are
//     taken back.
//
// To know the last, address and agent are kept in memory for those ten seconds, as a digest under a random key that
// nobody sees and that changes every hour.
type Visit struct {
	IP        string
	UserAgent string
	Method    string    // of the request
	At        time.Time // zero is now
}

const (
	burstSpan   = 10 * time.Second
	burstLinks  = 3
	burstVisits = 6
	saltLife    = time.Hour
	windowSize  = 20_000 // visitors remembered at once; past it the oldest knowledge is dropped
)

// program tells whether the visit is not a person's by what it says of itself.
func (v Visit) program() bool {
	agent := strings.ToLower(strings.TrimSpace(v.UserAgent))
	if v.Method != http.MethodGet || agent == "" || agent == "mozilla/5.0" {
		return true
	}
	for _, sign := range []string{
		"bot", "crawl", "spider", "scan", "preview", "prefetch", "monitor", "headless", "curl/", "wget/", "python-",
		"go-http-client", "java/", "okhttp", "libwww", "axios", "node-fetch", "proofpoint", "barracuda", "mimecast",
		"safelinks", "facebookexternalhit", "whatsapp", "skypeuri", "ggpht.com", "yahoomailproxy",
	} {
		if strings.Contains(agent, sign) {
			return true
		}
	}
	return false
}

// counted is a visit that was counted as a person's.
type counted struct {
	issue int64
	n     int64
	hour  int64
	at    time.Time
	taken bool // back
}

// window remembers the last seconds, to tell readers from programs.
type window struct {
	mu      sync.Mutex
	salt    []byte
	since   time.Time
	seconds map[[16]byte][]counted
}

func newWindow() *window { return &window{seconds: map[[16]byte][]counted{}} }

// judge tells whether the visit is a person's, and which of the last ones were not, after all.
func (w *window) judge(v Visit, c counted) (person bool, takeBack []counted) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if age := v.At.Sub(w.since); w.salt == nil || age > saltLife || age < -saltLife || len(w.seconds) >= windowSize {
		w.salt, w.since = []byte(rand.Text()), v.At
		clear(w.seconds)
	}
	h := hmac.New(sha256.New, w.salt)
	h.Write([]byte(v.IP + "\x00" + v.UserAgent))
	visitor := [16]byte(h.Sum(nil))

	var recent []counted
	links := map[int64]bool{}
	for _, earlier := range append(w.seconds[visitor], c) {
		if v.At.Sub(earlier.at) > burstSpan {
			continue
		}
		recent = append(recent, earlier)
		if earlier.n > 0 && earlier.issue == c.issue {
			links[earlier.n] = true
		}
	}
	person = len(links) < burstLinks && len(recent) < burstVisits
	if !person {
		for i := range recent {
			if last := i == len(recent)-1; !last && !recent[i].taken {
				takeBack = append(takeBack, recent[i])
			}
			recent[i].taken = true
		}
	}
	w.seconds[visitor] = recent
	return person, takeBack
}

// Clicked counts a visit to the n-th link of an issue and returns where it leads: an address that the issue's editor
// wrote, and no other. The fault newsletters.link.unknown when there is no such link.
func (r *Room) Clicked(ctx context.Context, issue int64, n int, v Visit) (string, error) {
	url, err := db.New(r.DB).LinkAddress(ctx, db.LinkAddressParams{IssueID: issue, N: int64(n)})
	if storage.None(err) {
		return "", fault.NotFound("newsletters.link.unknown")
	}
	if err != nil {
		return "", err
	}
	return url, r.count(ctx, issue, int64(n), v)
}

// Opened counts an opening of an issue that was sent; for any other the fault newsletters.link.unknown.
func (r *Room) Opened(ctx context.Context, issue int64, v Visit) error {
	sent, err := db.New(r.DB).WasSent(ctx, issue)
	if err != nil {
		return err
	}
	if sent == 0 {
		return fault.NotFound("newsletters.link.unknown")
	}
	return r.count(ctx, issue, 0, v)
}

// count counts a visit to a link, or with n 0 an opening.
func (r *Room) count(ctx context.Context, issue, n int64, v Visit) error {
	if v.At.IsZero() {
		v.At = r.Clock.Now()
	}
	c := counted{issue: issue, n: n, hour: clock.Millis(v.At.Truncate(time.Hour)), at: v.At}
	person, takeBack := false, []counted(nil)
	if !v.program() {
		person, takeBack = r.window.judge(v, c)
	}
	row := db.CountVisitParams{IssueID: issue, N: n, Hour: c.hour}
	if person {
		row.Filtered = 1
	}
	return r.DB.Tx(ctx, func(tx *storage.Tx) error {
		queries := db.New(tx)
		if err := queries.CountVisit(ctx, row); err != nil {
			return err
		}
		for _, b := range takeBack {
			if err := queries.UncountVisit(ctx, db.UncountVisitParams{IssueID: b.issue, N: b.n, Hour: b.hour}); err != nil {
				return err
			}
		}
		return nil
	})
}

// Pixel is the mark of an opening: a GIF of one transparent point.
func Pixel() []byte {
	return []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;")
}
