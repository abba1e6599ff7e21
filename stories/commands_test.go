package stories_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/text/encoding/charmap"

	"unoxuno/internal/storage"
)

// story is what one running story has besides its files.
type story struct {
	database string
	relay    *relay
	server   *server
	client   *http.Client
}

type storyKey struct{}

func of(ts *testscript.TestScript) *story { return ts.Value(storyKey{}).(*story) }

func (s *story) close() {
	if s.server != nil {
		_ = s.server.stop() // told by the story where it matters
	}
	if s.relay != nil {
		s.relay.down()
	}
}

type command = func(ts *testscript.TestScript, neg bool, args []string)

// plain is a command that cannot be negated.
func plain(usage string, least int, do func(ts *testscript.TestScript, args []string)) command {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) < least {
			ts.Fatalf("usage: %s", usage)
		}
		do(ts, args)
	}
}

func commands() map[string]command {
	return map[string]command{
		"exits":       plain("exits CODE COMMAND…", 2, exits),
		"json":        plain("json PATH VALUE", 2, jsonHolds),
		"clock":       plain("clock TIME | +DURATION", 1, setClock),
		"relay":       plain("relay [down | up | refuses ADDRESS | busy ADDRESS N]", 0, relayCommand),
		"mails":       plain("mails [ADDRESS] N", 1, mails),
		"tried":       plain("tried ADDRESS N", 2, tried),
		"mend":        plain("mend FILE OLD NEW", 3, mend),
		"arrive":      plain("arrive N", 1, arrive),
		"mail":        plain("mail ADDRESS WHERE PATTERN", 3, mailMatches),
		"link":        plain("link ADDRESS PATTERN NAME", 3, link),
		"serve":       plain("serve [stop]", 0, serve),
		"get":         plain("get PATH STATUS", 2, func(ts *testscript.TestScript, args []string) { ask(ts, http.MethodGet, args) }),
		"post":        plain("post PATH STATUS [NAME=VALUE…]", 2, func(ts *testscript.TestScript, args []string) { ask(ts, http.MethodPost, args) }),
		"sql":         plain("sql STATEMENT", 1, statement),
		"keep":        plain("keep FILE PATTERN NAME", 3, keep),
		"comesback":   plain("comesback ADDRESS WHAT [CODE]", 2, comesBack),
		"windows1252": plain("windows1252 FILE", 1, windows1252),
	}
}

func exits(ts *testscript.TestScript, args []string) {
	want := number(ts, args[0])
	err := ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	got := 0
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, not %d", got, want)
	}
}

func number(ts *testscript.TestScript, text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		ts.Fatalf("%q is not a number", text)
	}
	return n
}

func jsonHolds(ts *testscript.TestScript, args []string) {
	text := ts.ReadFile("stdout")
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var object map[string]any
	if err := dec.Decode(&object); err != nil {
		ts.Fatalf("what was printed is not a JSON object: %v\n%s", err, text)
	}
	if dec.More() {
		ts.Fatalf("more than one JSON object was printed:\n%s", text)
	}
	got, err := at(object, strings.Split(args[0], "."))
	if err != nil {
		ts.Fatalf("%s: %v in\n%s", args[0], err, text)
	}
	if got != args[1] {
		ts.Fatalf("%s is %s, not %s, in\n%s", args[0], got, args[1], text)
	}
}

// at is what v holds at a path, as text: names within objects, numbers within lists, count for how many there are.
func at(v any, path []string) (string, error) {
	if len(path) == 0 {
		if s, ok := v.(string); ok {
			return s, nil
		}
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		err := enc.Encode(v)
		return strings.TrimSpace(b.String()), err
	}
	switch held := v.(type) {
	case map[string]any:
		inner, ok := held[path[0]]
		if !ok {
			return "", fmt.Errorf("no %q", path[0])
		}
		return at(inner, path[1:])
	case []any:
		if path[0] == "count" {
			return strconv.Itoa(len(held)), nil
		}
		n, err := strconv.Atoi(path[0])
		if err != nil || n < 0 || n >= len(held) {
			return "", fmt.Errorf("no %q in a list of %d", path[0], len(held))
		}
		return at(held[n], path[1:])
	}
	return "", fmt.Errorf("nothing within %v", v)
}

func setClock(ts *testscript.TestScript, args []string) {
	file := ts.Getenv("UNOXUNO_CLOCK_FILE")
	to := args[0]
	if step, ok := strings.CutPrefix(to, "+"); ok {
		d, err := time.ParseDuration(step)
		ts.Check(err)
		now, err := time.Parse(time.RFC3339, strings.TrimSpace(ts.ReadFile(file)))
		ts.Check(err)
		to = now.Add(d).Format(time.RFC3339)
	}
	_, err := time.Parse(time.RFC3339, to)
	ts.Check(err)
	// Put in place whole: a program that runs reads it at any moment.
	ts.Check(os.WriteFile(file+".new", []byte(to+"\n"), 0o600))
	ts.Check(os.Rename(file+".new", file))
}

func mend(ts *testscript.TestScript, args []string) {
	text := ts.ReadFile(args[0])
	if !strings.Contains(text, args[1]) {
		ts.Fatalf("%s does not hold %q:\n%s", args[0], args[1], text)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.ReplaceAll(text, args[1], args[2])), 0o600))
}

func windows1252(ts *testscript.TestScript, args []string) {
	text, err := charmap.Windows1252.NewEncoder().String(ts.ReadFile(args[0]))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

func statement(ts *testscript.TestScript, args []string) {
	ctx := context.Background()
	db, err := storage.Open(ctx, of(ts).database)
	ts.Check(err)
	_, err = db.ExecContext(ctx, args[0])
	ts.Check(errors.Join(err, db.Close()))
}
