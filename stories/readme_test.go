package stories_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"unoxuno/internal/app/apptest"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/storage"
)

// commandsOf are the lines of the README's ```sh blocks, in order.
func commandsOf(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		for line := range strings.Lines(block[1]) {
			if line = strings.TrimSpace(line); line != "" {
				lines = append(lines, line)
			}
		}
	}
	return lines
}

// Every command of the README does what it says, one after the other, on a machine that has nothing yet. Only the relay
// is ours. What make does is tested elsewhere (TestDemo, and this run itself): here that there is such a target.
func TestReadme(t *testing.T) {
	t.Parallel()
	relay := deliverytest.New(t, deliverytest.Options{})
	script, made := []string{"set -eux"}, 0
	for _, line := range commandsOf(t, "../README.md") {
		switch {
		case strings.HasPrefix(line, "make "):
			target, _, _ := strings.Cut(strings.TrimPrefix(line, "make "), " ")
			if out, err := exec.CommandContext(t.Context(), "make", "-C", "..", "-n", target).CombinedOutput(); err != nil {
				t.Errorf("make %s: %v\n%s", target, err, out)
			}
			made++
		case strings.HasPrefix(line, "export UNOXUNO_SMTP_URL="):
			script = append(script, "export UNOXUNO_SMTP_URL="+relay.URL())
		default:
			script = append(script, line)
		}
	}
	if made != 2 || len(script) < 10 {
		t.Fatalf("the README has %d make commands and %d others: are these all?", made, len(script)-1)
	}
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "examples"), os.DirFS("../examples")); err != nil {
		t.Fatal(err)
	}
	sh := exec.CommandContext(t.Context(), "bash", "-c", strings.Join(script, "\n"))
	sh.Dir, sh.Env = dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "GORACE=" + raceOptions}
	if out, err := sh.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if relay.Count() == 0 {
		t.Error("the first issue reached nobody")
	}
}

var relativeLink = regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)

// What the documents link to is there.
func TestDocumentsLinkToWhatIsThere(t *testing.T) {
	files, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	decisions, err := filepath.Glob("../docs/adr/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(append(files, decisions...), "../README.md", "../CONTRIBUTING.md", "../docs/screenshots/README.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, link := range relativeLink.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(file), link[1])); err != nil {
				t.Errorf("%s links to %s: %v", file, link[1], err)
			}
		}
	}
}

// `make screenshots` takes the pictures that the list names: another one was left behind.
func TestEveryPictureIsOnTheList(t *testing.T) {
	list, err := os.ReadFile("../docs/screenshots/README.md")
	if err != nil {
		t.Fatal(err)
	}
	pictures, err := filepath.Glob("../docs/screenshots/*.png")
	if err != nil || len(pictures) == 0 {
		t.Fatalf("%d pictures, %v", len(pictures), err)
	}
	for _, file := range pictures {
		if name := filepath.Base(file); !strings.Contains(string(list), "("+name+")") {
			t.Errorf("%s is not on the list: delete it, or add it to scripts/screenshots.mjs", name)
		}
	}
}

// The demonstration makes its town, serves it, and finds it again at the second start. Here it has fewer people.
func TestDemo(t *testing.T) {
	t.Parallel()
	town := apptest.Install(t, storage.SQLite)
	for _, told := range []string{"[6/6]", "again"} {
		var out bytes.Buffer
		s, address, err := startServer(&out, town.Dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + town.Dir}, "demo", "--people", "300")
		if err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
		if page := fetched(t, "http://"+address+"/"); !strings.Contains(page, "Borgo Panaro") {
			t.Errorf("the site answers\n%s", page)
		}
		textArrives(t, "http://"+address, told)
		if err := s.stop(); err != nil {
			t.Errorf("unoxuno demo: %v\n%s", err, s.log.String())
		}
		if !strings.Contains(out.String(), told) || !strings.Contains(out.String(), "/office") {
			t.Errorf("it told:\n%s", out.String())
		}
	}
}

// textArrives signs up a mobile number and waits for its code among the caught messages: at the first start, too.
func textArrives(t *testing.T, site, start string) {
	t.Helper()
	number := map[bool]string{true: "+393331230001", false: "+393331230002"}[start == "again"]
	res, err := http.PostForm(site+"/join", url.Values{
		"go": {"send"}, "mobile": {number}, "newsletters": {"citta-gemelle"}, "agree": {"1"}, "language": {"it"},
	})
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close() // where it leads is not looked at
	limit := time.After(20 * time.Second)
	for page := ""; !strings.Contains(page, number); page = fetched(t, site+"/demo/mailbox") {
		select {
		case <-limit:
			t.Fatalf("%s: no text message to %s arrives; the sign-up was answered %d", start, number, res.StatusCode)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func fetched(t *testing.T, url string) string {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return string(text)
}
