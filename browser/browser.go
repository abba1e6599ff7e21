package browser

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"unoxuno/internal/web/assets"
)

// Run runs a script of this package, told its task as JSON on its standard input; what it complains of fails the test.
func Run(t testing.TB, script string, task any) {
	t.Helper()
	root := Ready(t)
	text, err := json.Marshal(task)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{script, "look.mjs"} { // which also tells Go's test cache what the result depends on
		if _, err := os.Stat(filepath.Join(root, "browser", file)); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(context.Background(), "node", filepath.Join(root, "browser", script))
	cmd.Stdin = bytes.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", script, err, out)
	}
}

// Ready is the module's root, once all that a browser needs was found on the machine. Where something is missing the
// test is skipped and says so, unless UNOXUNO_REQUIRE_BROWSER is set: then it fails.
func Ready(t testing.TB) (root string) {
	t.Helper()
	root, missing := needed()
	if missing == nil {
		return root
	}
	if os.Getenv("UNOXUNO_REQUIRE_BROWSER") != "" {
		t.Fatal(missing)
	}
	t.Skipf("!!! NOT LOOKED AT IN A BROWSER: %v", missing)
	return ""
}

// needed finds the module's root, and says what of that which the scripts need is not there.
func needed() (root string, missing error) {
	root, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		if filepath.Dir(root) == root {
			return "", fmt.Errorf("no go.mod above the test")
		}
		root = filepath.Dir(root)
	}
	if _, err := exec.LookPath("node"); err != nil {
		return root, fmt.Errorf("node is missing: %w", err)
	}
	if _, err := os.Stat("/usr/bin/chromium"); err != nil {
		return root, fmt.Errorf("chromium is missing (on Debian: apt-get install chromium): %w", err)
	}
	if _, err := os.Stat(filepath.Join(root, "node_modules", "playwright-core")); err != nil {
		return root, fmt.Errorf("npm's packages are missing (make build): %w", err)
	}
	if _, err := assets.New(); err != nil {
		return root, fmt.Errorf("the styles are not built (make build): %w", err)
	}
	return root, nil
}
