package app

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"

	"unoxuno/internal/locale"
)

// wordsOf reads the words of a language from their files: key → text, plural forms joined.
func wordsOf(t *testing.T, lang string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, folder := range append(wordFolders(), webWords()...) {
		text, err := fs.ReadFile(folder, lang+".toml")
		if err != nil {
			text, err = fs.ReadFile(folder, path.Join("words", lang+".toml"))
		}
		if err != nil {
			t.Fatal(err)
		}
		var tree map[string]any
		if err := toml.Unmarshal(text, &tree); err != nil {
			t.Fatal(err)
		}
		flatten(all, "", tree)
	}
	return all
}

func flatten(all map[string]string, prefix string, tree map[string]any) {
	other, plural := tree["other"].(string)
	if one, ok := tree["one"].(string); ok && plural {
		all[prefix] = one + " " + other
		return
	}
	for name, v := range tree {
		key := strings.TrimPrefix(prefix+"."+name, ".")
		switch v := v.(type) {
		case string:
			all[key] = v
		case map[string]any:
			flatten(all, key, v)
		}
	}
}

var hole = regexp.MustCompile(`\{\{-?\s*\.(\w+)`)

func holes(text string) []string {
	var names []string
	for _, m := range hole.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func TestEveryWordIsInBothLanguages(t *testing.T) {
	it, en := wordsOf(t, "it"), wordsOf(t, "en")
	if len(it) < 200 {
		t.Fatalf("read only %d words: are these all?", len(it))
	}
	for _, key := range slices.Sorted(maps.Keys(it)) {
		english, ok := en[key]
		switch {
		case !ok:
			t.Errorf("%s is missing in English", key)
		case strings.TrimSpace(it[key]) == "" || strings.TrimSpace(english) == "":
			t.Errorf("%s is empty", key)
		case !slices.Equal(holes(it[key]), holes(english)):
			t.Errorf("%s has the holes %v in Italian, %v in English", key, holes(it[key]), holes(english))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(en)) {
		if _, ok := it[key]; !ok {
			t.Errorf("%s is missing in Italian", key)
		}
	}
}

// TestNoWordSaysWhatIsSaidAround: a notice already begins with "Done:", a table of errors with "Error:"; what says it
// again is read twice. The rules of style that a machine can hold stand here, too.
func TestNoWordSaysWhatIsSaidAround(t *testing.T) {
	refused := map[string]*regexp.Regexp{
		"it": regexp.MustCompile(`(?i)annotat|annotiam|per sempre|benvenuto,|bentornato,|[a-zàèéìòù]'[a-zàèéìòù]`),
		"en": regexp.MustCompile(`(?i)\bdelicate|[«»]|for ever\b|\bwhom\b|stands still`),
	}
	for _, lang := range []string{"it", "en"} {
		words := wordsOf(t, lang)
		tone := words["web.tone.success"]
		for _, key := range slices.Sorted(maps.Keys(words)) {
			if strings.Contains(key, ".done.") && strings.HasPrefix(words[key], tone) {
				t.Errorf("%s (%s) begins with %q, which the notice says already", key, lang, tone)
			}
			if found := refused[lang].FindString(words[key]); found != "" && !strings.HasPrefix(key, "app.") {
				t.Errorf("%s (%s) says %q: %s", key, lang, found, words[key])
			}
		}
	}
}

// literals are the texts in quotes of the program's own source, tests apart, each with a place where it stands.
func literals(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	files := token.NewFileSet()
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(filepath.Join(root, "internal"), func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(files, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ImportSpec:
				return false
			case *ast.CompositeLit:
				return !isTask(n)
			case *ast.BasicLit:
				if text, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING {
					place := files.Position(n.Pos()).String()
					found[text], found[strings.ReplaceAll(text, " ", "-")] = place, place // reasons are kept as sentences
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// isTask tells whether the literal is a periodic task, whose name is no word.
func isTask(n *ast.CompositeLit) bool {
	fields := map[string]bool{}
	for _, element := range n.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			if key, ok := pair.Key.(*ast.Ident); ok {
				fields[key.Name] = true
			}
		}
	}
	return fields["Name"] && fields["Next"] && fields["Do"]
}

// notWords are texts that look like a key of the words and are something else: the origin of an issue's messages, a lock,
// and purposes that tokens and digests are made for.
func notWords(t *testing.T) []string {
	return append(slices.Collect(maps.Keys(secretsMade(t))), "newsletters.issue", "people.crowd")
}

var fileName = regexp.MustCompile(`\.(yaml|css|js|templ|svg|md|toml)$`)

var keyLike = regexp.MustCompile(`^[a-z]+(\.[a-z0-9_-]*[a-z0-9])+$`)

func TestEveryWordThatIsAskedForExists(t *testing.T) {
	words := wordsOf(t, locale.Languages()[0])
	roots := map[string]bool{}
	for key := range words {
		root, _, _ := strings.Cut(key, ".")
		roots[root] = true
	}
	permissions, others := permissionNames(t), notWords(t)
	for text, place := range literals(t) {
		root, _, _ := strings.Cut(text, ".")
		if !keyLike.MatchString(text) || !roots[root] || fileName.MatchString(text) || slices.Contains(others, text) || permissions[text] {
			continue
		}
		if _, ok := words[text]; !ok {
			t.Errorf("%s: there is no word %q", place, text)
		}
	}
}

// permissionNames are the constants of package access, which look like keys.
func permissionNames(t *testing.T) map[string]bool {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "access", "access.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			names[strings.Trim(lit.Value, `"`)] = true
		}
		return true
	})
	return names
}

// A word counts as used when its key stands in the source, or pieces of it that make it up, cut beside a dot or an
// underscore: "web.error.title_" and a number, "delivery.state." and a state.
func TestEveryWordIsUsed(t *testing.T) {
	found := literals(t)
	for _, key := range slices.Sorted(maps.Keys(wordsOf(t, locale.Languages()[0]))) {
		if _, whole := found[key]; !whole && !composed(found, key) {
			t.Errorf("the word %s is used nowhere: delete it in every language", key)
		}
	}
}

var wholeNumber = regexp.MustCompile(`^\d+$`)

func composed(found map[string]string, rest string) bool {
	if _, ok := found[rest]; ok || wholeNumber.MatchString(rest) {
		return true
	}
	for i := 1; i < len(rest); i++ {
		joint := strings.ContainsAny(rest[i-1:i+1], "._")
		if _, ok := found[rest[:i]]; joint && ok && composed(found, rest[i:]) {
			return true
		}
	}
	return false
}
