package newsletters_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"unoxuno/internal/locale"
	"unoxuno/internal/newsletters"
)

// TestEveryKeyHasItsWord reads the room's source: each key in it has a word in both languages.
func TestEveryKeyHasItsWord(t *testing.T) {
	words, err := locale.Load(newsletters.Words())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(words.Keys("it"), words.Keys("en")); diff != "" {
		t.Errorf("Italian and English differ (-it +en):\n%s", diff)
	}
	key := regexp.MustCompile(`"((?:newsletters|audit)\.[a-z_]+\.[a-z_]+)"`)
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var used []string
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(file, "_test.go") {
			for _, m := range key.FindAllStringSubmatch(string(source), -1) {
				used = append(used, m[1])
			}
		}
	}
	for _, p := range newsletters.Periods() {
		used = append(used, "newsletters.period."+p)
	}
	for _, k := range newsletters.NewsroomKinds() {
		used = append(used, "newsletters.kind."+string(k))
	}
	for _, s := range []newsletters.State{newsletters.Draft, newsletters.Scheduled, newsletters.Sending, newsletters.Sent, newsletters.Cancelled} {
		used = append(used, "newsletters.state."+string(s))
	}
	for _, action := range []newsletters.Action{newsletters.Added, newsletters.Changed, newsletters.Closed, newsletters.Reopened} {
		used = append(used, "audit.newsroom."+string(action), "audit.newsletter."+string(action))
	}
	if len(used) < 60 {
		t.Fatalf("found only %d keys in the source", len(used))
	}
	for _, k := range used {
		if !slices.Contains(words.Keys("it"), k) {
			t.Errorf("%s has no word", k)
		}
	}
}
