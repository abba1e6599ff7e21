package assets

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

//go:embed all:dist
var dist embed.FS

// Prefix is where Handler expects to be mounted.
const Prefix = "/assets/"

// errNotBuilt says that the program was compiled before its assets were made.
var errNotBuilt = errors.New("the assets were not built into this program: run `make assets`, then build again")

// Assets are the files of one build. They do not change.
type Assets struct {
	from  fs.FS             // read when somebody asks: what is compiled in need not lie in memory a second time
	names map[string]string // "app.css" → "app.3F2A.css"
	files map[string]file   // by hashed name
}

type file struct {
	contentType string
	plain, gzip string // paths; gzip is "" where it would not help
}

// embedded reads the files compiled into the program, once.
var embedded = sync.OnceValues(func() (*Assets, error) { return load(dist) })

// New returns the files compiled into the program. When there are none, the Assets are usable (URL answers, Handler
// says what to do) and the error tells what to do; it should be logged, not be fatal.
func New() (*Assets, error) { return embedded() }

// URL is the address of the embedded file that the source calls name, "app.css"; see Assets.URL.
func URL(name string) string {
	a, _ := embedded()
	return a.URL(name)
}

func load(from fs.FS) (*Assets, error) {
	a := &Assets{from: from, names: map[string]string{}, files: map[string]file{}}
	manifest, err := fs.ReadFile(from, "dist/manifest.json")
	if errors.Is(err, fs.ErrNotExist) {
		return a, errNotBuilt
	}
	if err != nil {
		return a, fmt.Errorf("assets: %w", err)
	}
	if err := json.Unmarshal(manifest, &a.names); err != nil {
		return a, fmt.Errorf("assets: manifest.json: %w", err)
	}
	return a, a.list()
}

func (a *Assets) list() error {
	entries, err := fs.ReadDir(a.from, "dist")
	if err != nil {
		return fmt.Errorf("assets: %w", err)
	}
	for _, e := range entries {
		name := e.Name()
		ext := path.Ext(name)
		if ext == ".gz" || ext == ".json" || name == ".gitkeep" {
			continue
		}
		plain, err := e.Info()
		if err != nil {
			return fmt.Errorf("assets: %w", err)
		}
		f := file{contentType: contentType(ext), plain: "dist/" + name}
		if packed, err := fs.Stat(a.from, f.plain+".gz"); err == nil && packed.Size() < plain.Size() {
			f.gzip = f.plain + ".gz"
		}
		a.files[name] = f
	}
	return nil
}

// contentType does not ask the machine's mime table, which differs from one to the next.
func contentType(ext string) string {
	switch ext {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	}
	return mime.TypeByExtension(ext)
}

// URL is the address under which the file called name in the source is served: "/assets/app.3F2A.css" for "app.css".
// A name that is not there gets an address too, one that answers 404.
func (a *Assets) URL(name string) string {
	if hashed, ok := a.names[name]; ok {
		return Prefix + hashed
	}
	return Prefix + name
}

// Handler serves the files under Prefix, compressed to browsers that accept it, to be kept for a year.
func (a *Assets) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, ok := a.files[strings.TrimPrefix(r.URL.Path, Prefix)]
		switch {
		case !ok && len(a.files) == 0:
			http.Error(w, errNotBuilt.Error(), http.StatusNotFound)
		case !ok:
			http.NotFound(w, r)
		default:
			a.serve(w, r, f)
		}
	})
}

func (a *Assets) serve(w http.ResponseWriter, r *http.Request, f file) {
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	name := f.plain
	if f.gzip != "" {
		h.Add("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header.Get("Accept-Encoding")) {
			h.Set("Content-Encoding", "gzip")
			name = f.gzip
		}
	}
	body, err := a.from.Open(name)
	if err != nil { // it was there at the start, in the program itself
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer func() { _ = body.Close() }() // nothing was written
	if info, err := body.Stat(); err == nil {
		h.Set("Content-Length", strconv.FormatInt(info.Size(), 10))
	}
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	if r.Method != http.MethodHead {
		_, _ = io.Copy(w, body) // a browser that has gone away is no fault of ours
	}
}

// acceptsGzip reads an Accept-Encoding header (RFC 9110 §12.5.3): gzip named without q=0.
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		coding, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			continue
		}
		weight, found := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
		if !found {
			return true
		}
		q, err := strconv.ParseFloat(weight, 64)
		return err == nil && q > 0
	}
	return false
}
