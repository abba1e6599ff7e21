package people_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"unoxuno/internal/locale"
	"unoxuno/internal/people"
)

// Every key that the room's code names has a sentence in both languages, and no sentence is left over.
func TestEveryFaultHasWords(t *testing.T) {
	words := must[*locale.Words](t)(locale.Load(people.Words()))
	named := map[string]bool{}
	literal := regexp.MustCompile(`"(people\.[a-z]+\.[a-z0-9_]+)"`)
	short := regexp.MustCompile(`\bat\([a-z.A-Z]+, "([a-z_]+)"`)
	for _, pattern := range []string{"*.go", "csvtext/*.go"} {
		for _, file := range must[[]string](t)(filepath.Glob(pattern)) {
			text := must[[]byte](t)(os.ReadFile(file))
			for _, m := range literal.FindAllSubmatch(text, -1) {
				named[string(m[1])] = true
			}
			for _, m := range short.FindAllSubmatch(text, -1) {
				named["people.audience."+string(m[1])] = true
			}
		}
	}
	for _, list := range []string{"who", "wants", "place", "subscribed"} {
		named["people.unknown."+list], named["people.unknown."+list+"_near"] = true, true
	}
	for _, lang := range locale.Languages() {
		keys := words.Keys(lang)
		for key := range named {
			if !slices.Contains(keys, key) {
				t.Errorf("%s has no sentence in %s", key, lang)
			}
		}
		for _, key := range keys {
			if !named[key] {
				t.Errorf("nothing says %s in %s", key, lang)
			}
		}
	}
}
