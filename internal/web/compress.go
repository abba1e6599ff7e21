package web

import (
	"net/http"

	"github.com/klauspost/compress/gzhttp"
)

// compressAbove is the size, in bytes, below which compressing an answer saves no packet.
const compressAbove = 1024

// gzipLevel is fast, and a quarter larger than the slowest at most.
const gzipLevel = 3

// jitter is up to how many bytes are added to a compressed answer, by its content: see docs/threats.md on BREACH.
const jitter = 32

// compressing serves h with answers that are text compressed by gzip, for clients that accept it. What is compressed
// already (pictures, the embedded files with their .gz twins) goes out as it is. Answers that show a secret are left
// alone: see ShowsSecret.
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

// ShowsSecret says that the answer shows a secret that is worth guessing: an invitation, a key just made. It is not
// compressed then, for the size of a compressed answer tells whether other text in it resembles the secret.
func ShowsSecret(w http.ResponseWriter) { w.Header().Set(gzhttp.HeaderNoCompression, "1") }
