// Package locale holds the words of the interface, in every language the town speaks.
//
// Each room keeps its words beside its rules, in words/it.toml and words/en.toml; Load gathers them all. A key is
// looked up in the reader's language and in no other: a missing word is a defect that a test over the inventory
// finds, and shows as the key itself. A context carries the reader's language, and the path prefix that goes with it,
// from the web kit to the pages.
package locale

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/pelletier/go-toml/v2"
	"golang.org/x/text/language"
)

// Languages are those the interface is written in, the default first.
func Languages() []string { return []string{"it", "en"} }

// Words are all the words of the interface. They do not change once loaded.
type Words struct {
	plain      map[string]map[string]string // language → key → what is said as it stands, as most is
	localizers map[string]*i18n.Localizer   // of what has holes, or a plural
	keys       map[string][]string          // language → its keys, sorted
}

// Load gathers the files it.toml and en.toml of every folder given. A key that stands twice is an error: one word
// has one place.
func Load(folders ...fs.FS) (*Words, error) {
	bundle := i18n.NewBundle(language.Italian)
	w := &Words{plain: map[string]map[string]string{}, localizers: map[string]*i18n.Localizer{}, keys: map[string][]string{}}
	for _, lang := range Languages() {
		w.plain[lang] = map[string]string{}
		seen := map[string]bool{}
		for _, folder := range folders {
			parsed, err := parse(folder, lang)
			if err != nil {
				return nil, err
			}
			for _, m := range parsed.Messages {
				if seen[m.ID] {
					return nil, fmt.Errorf("words %s: %q stands twice", parsed.Path, m.ID)
				}
				seen[m.ID] = true
				w.keys[lang] = append(w.keys[lang], m.ID)
				if isPlain(m) {
					w.plain[lang][m.ID] = m.Other
				} else if err := bundle.AddMessages(parsed.Tag, m); err != nil {
					return nil, fmt.Errorf("words %s: %w", parsed.Path, err)
				}
			}
		}
		slices.Sort(w.keys[lang])
		w.localizers[lang] = i18n.NewLocalizer(bundle, lang)
	}
	return w, nil
}

func parse(folder fs.FS, lang string) (*i18n.MessageFile, error) {
	file, err := findFile(folder, lang+".toml")
	if err != nil {
		return nil, err
	}
	text, err := fs.ReadFile(folder, file)
	if err != nil {
		return nil, err
	}
	parsed, err := i18n.ParseMessageFileBytes(text, file, map[string]i18n.UnmarshalFunc{"toml": toml.Unmarshal})
	if err != nil {
		return nil, fmt.Errorf("words %s: %w", file, err)
	}
	return parsed, nil
}

// isPlain tells whether a message has neither holes nor a plural.
func isPlain(m *i18n.Message) bool {
	return m.Zero == "" && m.One == "" && m.Two == "" && m.Few == "" && m.Many == "" && !strings.Contains(m.Other, "{{")
}

// findFile lets a room embed either the folder words or its files.
func findFile(folder fs.FS, name string) (string, error) {
	for _, p := range []string{name, path.Join("words", name)} {
		if _, err := fs.Stat(folder, p); err == nil {
			return p, nil
		}
	}
	return "", fmt.Errorf("words: no %s in folder", name)
}

// Keys are all keys of a language, sorted.
func (w *Words) Keys(lang string) []string { return slices.Clone(w.keys[lang]) }

// Say is the sentence of key in lang. Args alternate name and value and fill the sentence's holes; the value named
// Count chooses between singular and plural. A key without a word shows as itself.
func (w *Words) Say(lang, key string, args ...any) string {
	data := make(map[string]any, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		data[fmt.Sprint(args[i])] = args[i+1]
	}
	return w.SayWith(lang, key, data)
}

// SayWith is Say with the holes' values by name.
func (w *Words) SayWith(lang, key string, data map[string]any) string {
	if w.localizers[lang] == nil {
		lang = Languages()[0]
	}
	if text := w.plain[lang][key]; text != "" {
		return text
	}
	cfg := &i18n.LocalizeConfig{MessageID: key}
	if len(data) > 0 {
		shown := make(map[string]any, len(data))
		for name, value := range data {
			shown[name] = readable(lang, value)
		}
		cfg.TemplateData = shown
		if n, ok := data["Count"]; ok {
			cfg.PluralCount = n
		}
	}
	text, err := w.localizers[lang].Localize(cfg)
	if err != nil || text == "" {
		return key
	}
	return text
}

// readable writes numbers as the reader expects them and leaves the rest alone.
func readable(lang string, value any) any {
	switch n := value.(type) {
	case int:
		return Number(lang, int64(n))
	case int64:
		return Number(lang, n)
	case []string:
		return strings.Join(n, ", ")
	}
	return value
}

type contextKey struct{}

type reader struct {
	words  *Words
	lang   string
	prefix string
}

// With returns a context for a reader of lang; prefix stands before every path of the site in that language
// ("" for the town's first language, "/en" for another).
func With(ctx context.Context, words *Words, lang, prefix string) context.Context {
	return context.WithValue(ctx, contextKey{}, reader{words, lang, prefix})
}

func from(ctx context.Context) reader {
	r, _ := ctx.Value(contextKey{}).(reader)
	return r
}

// T is the sentence of key in the context's language; see Words.Say.
func T(ctx context.Context, key string, args ...any) string {
	r := from(ctx)
	if r.words == nil {
		return key
	}
	return r.words.Say(r.lang, key, args...)
}

// Lang is the context's language, the default one when none was set.
func Lang(ctx context.Context) string {
	if r := from(ctx); r.lang != "" {
		return r.lang
	}
	return Languages()[0]
}

// Path is the site's path p in the context's language.
func Path(ctx context.Context, p string) string {
	prefix := from(ctx).prefix
	if p == "/" && prefix != "" {
		return prefix
	}
	return prefix + p
}
