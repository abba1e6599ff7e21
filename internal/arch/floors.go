// Package arch holds the plan of the house, floor by floor, and the list of third-party modules with the reason for
// each. Its tests read the program's own source and fail, in words a person understands, on whatever breaks the plan.
package arch

// Floors is the plan: rooms by floor, the lowest first. A package may import its own room and rooms on strictly lower
// floors, so no cycle between rooms is possible. Rooms that later issues build are named already.
func Floors() [][]string {
	return [][]string{
		0: {"fault", "clock", "locale", "access", "picture", "seal", "yamlfile"},
		1: {"config", "plaintext", "storage", "web"},
		2: {"identity", "town", "periodic", "disclosure", "journal"},
		3: {"taxonomy", "content", "delivery"},
		4: {"people"},
		5: {"newsletters", "surveys", "consulting", "forum", "frontdesk"},
		6: {"insight"},
		7: {"app"},
	}
}

// Reasons gives, for every third-party module that the program or its tests import, why it is there.
func Reasons() map[string]string {
	return map[string]string{
		"github.com/RoaringBitmap/roaring/v2": "sets of people as compressed bitmaps: counts among a million in milliseconds",
		"github.com/a-h/templ":                "typed pages, checked by the compiler; 0.4 of html/template's time",
		"github.com/agnivade/levenshtein":     "the nearest known word, for errors that help",
		"github.com/alecthomas/kong":          "the command line, from a struct",
		"github.com/alexedwards/scs/v2":       "sessions: cookie, renewal, time-outs",
		"github.com/bep/imagemeta":            "how a camera was held",
		"github.com/emersion/go-message":      "reads mail, in tests and in the demonstration's mailbox",
		"github.com/emersion/go-msgauth":      "a second opinion on our DKIM signatures, in tests",
		"github.com/emersion/go-sasl":         "AUTH PLAIN and LOGIN",
		"github.com/emersion/go-smtp":         "SMTP, both sides",
		"github.com/expr-lang/expr":           "parses the audience language",
		"github.com/goccy/go-yaml":            "town.yaml, the configuration file, front matter, with line numbers in errors",
		"github.com/gofrs/flock":              "one migration at a time on SQLite, and writers in turn",
		"github.com/google/go-cmp":            "readable differences in tests",
		"github.com/jackc/pgx/v5":             "PostgreSQL, with COPY",
		"github.com/klauspost/compress":       "answers compressed by gzip, with pooled writers and padding against BREACH",
		"github.com/nicksnyder/go-i18n/v2":    "words with plurals, from files that translators can read",
		"github.com/nyaruka/phonenumbers":     "telephone numbers to E.164",
		"github.com/pelletier/go-toml/v2":     "the words' file format",
		"github.com/pressly/goose/v3":         "forward migrations",
		"github.com/prometheus/client_golang": "numbers for whoever watches over the program",
		"github.com/rogpeppe/go-internal":     "stories: scripts that drive the whole program",
		"github.com/schollz/progressbar/v3":   "progress of long work on a terminal",
		"github.com/yuin/goldmark":            "Markdown",
		"golang.org/x/crypto":                 "argon2id",
		"golang.org/x/image":                  "pictures: WebP, and scaling",
		"golang.org/x/net":                    "internationalised domain names, HTML parsing in tests",
		"golang.org/x/sync":                   "errgroup: several things that end together",
		"golang.org/x/term":                   "whether a person is watching, and how wide the screen is",
		"golang.org/x/text":                   "Windows-1252, Unicode folding",
		"golang.org/x/time":                   "the pace of requests",
		"golang.org/x/mod":                    "reads go.mod, for the tests of this package",
		"modernc.org/sqlite":                  "SQLite without cgo, behind one file of storage",
		"pgregory.net/rapid":                  "property tests",
	}
}
