package apptest

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"unoxuno/internal/app"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
)

// Installation is one installed program: a folder, a database, settings.
type Installation struct {
	Dir string // files of the test and of the program
	URL string // of the site, once it is served

	t   testing.TB
	env map[string]string
}

// Install lends an installation on a new database of the engine, removed when the test ends. settings alternate name
// and value, such as "UNOXUNO_SMTP_URL", sink.URL().
func Install(t testing.TB, engine storage.Engine, settings ...string) *Installation {
	t.Helper()
	dir := t.TempDir()
	address := FreeAddress(t)
	i := &Installation{Dir: dir, URL: "http://" + address, t: t, env: map[string]string{
		"UNOXUNO_DATA":         filepath.Join(dir, "data"),
		"UNOXUNO_DATABASE_URL": storagetest.URL(t, engine),
		"UNOXUNO_LISTEN":       address,
		"UNOXUNO_PUBLIC_URL":   "http://" + address,
		"UNOXUNO_SECRET":       "a secret of thirty-two characters",
		"UNOXUNO_LOG_LEVEL":    "warn",
		"PATH":                 os.Getenv("PATH"),
		"TMPDIR":               os.TempDir(),
	}}
	for s := 0; s+1 < len(settings); s += 2 {
		i.env[settings[s]] = settings[s+1]
	}
	return i
}

// FreeAddress is an address of this machine that nobody listens on. Its port is below those that systems give out by
// themselves, so that no connection of another test takes it meanwhile.
func FreeAddress(t testing.TB) string {
	t.Helper()
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 20_000+rand.IntN(10_000))
		l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", address)
		if err != nil {
			continue
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		return address
	}
	t.Fatal("no port is free between 20000 and 30000")
	return ""
}

// Write keeps a file in the installation's folder and returns its path.
func (i *Installation) Write(name, text string) string {
	i.t.Helper()
	path := filepath.Join(i.Dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		i.t.Fatal(err)
	}
	return path
}

// Run runs a command of the program in this process and returns what it printed. Any exit code but 0 ends the test.
func (i *Installation) Run(args ...string) string {
	i.t.Helper()
	var out, complaints bytes.Buffer
	code := app.Main(context.Background(), args, i.getenv, app.Stdio{In: strings.NewReader(""), Out: &out, Err: &complaints})
	if code != 0 {
		i.t.Fatalf("unoxuno %s: exit code %d\n%s%s", strings.Join(args, " "), code, out.String(), complaints.String())
	}
	return out.String()
}

func (i *Installation) getenv(name string) string { return i.env[name] }

// Command is a command of the program as a process of its own, not started yet; see Binary.
func (i *Installation) Command(binary string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(i.t.Context(), binary, args...)
	cmd.Dir = i.Dir
	for _, name := range slices.Sorted(maps.Keys(i.env)) {
		cmd.Env = append(cmd.Env, name+"="+i.env[name])
	}
	return cmd
}

// Serve serves the site from this process until the test ends, and returns when it answers.
func (i *Installation) Serve() {
	i.t.Helper()
	i.env["UNOXUNO_LOG_LEVEL"] = "info" // the line that says it serves is awaited
	ctx, stop := context.WithCancel(context.Background())
	log, ended := newServingLog(), make(chan int, 1)
	go func() {
		ended <- app.Main(ctx, []string{"serve"}, i.getenv, app.Stdio{In: strings.NewReader(""), Out: log, Err: log})
	}()
	i.t.Cleanup(func() {
		stop()
		if code := <-ended; code != 0 {
			i.t.Errorf("unoxuno serve: exit code %d\n%s", code, log.text())
		}
		if text := log.text(); strings.Contains(text, "level=ERROR") {
			i.t.Errorf("unoxuno serve logged an error:\n%s", text)
		}
	})
	select {
	case <-log.serving:
	case code := <-ended:
		ended <- code
		i.t.Fatalf("unoxuno serve ended at once with exit code %d\n%s", code, log.text())
	}
}
