package web

import (
	"net/http"

	"github.com/klauspost/compress/gzhttp"
)

// compressAbove is the size in bytes below which compressing an answer saves no packet.
const compressAbove = 1024

// gzipLevel is fast; its output is at most a quarter larger than that of the slowest level.
const gzipLevel = 3

// jitter is the number of bytes added at most to a compressed answer, depending on its content: see docs/threats.md on
// BREACH.
const jitter = 32

// compressing serves h and compresses text answers with gzip, for clients that accept it. What is compressed already
// (pictures, the embedded files with their .gz twins) is sent unchanged. So are answers that show a secret: see
// ShowsSecret.
func compressing(h http.Handler) (http.Handler, error) {
	wrap, err := gzhttp.NewWrapper(
		gzhttp.EnableZstd(false), gzhttp.CompressionLevel(gzipLevel), gzhttp.MinSize(compressAbove), gzhttp.RandomJitter(jitter, 0, false),
		gzhttp.ContentTypes([]string{"text/html", "text/plain", "text/csv", "application/json", "application/problem+json"}),
	)
	if err != nil {
		return nil, err
	}
	return wrap(h), nil
}

// ShowsSecret marks an answer that shows a secret worth guessing: an invitation, a new token. It is then not
// compressed, because the size of a compressed answer reveals whether other text in it resembles the secret.
func ShowsSecret(w http.ResponseWriter) { w.Header().Set(gzhttp.HeaderNoCompression, "1") }
