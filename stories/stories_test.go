package stories_test

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"unoxuno/internal/app"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"unoxuno": program})
}

// program is cmd/unoxuno, so that the stories run under the race detector when the tests do.
func program() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := app.Main(storage.RefuseNested(ctx), os.Args[1:], os.Getenv, app.Stdio{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
	stop()
	os.Exit(code)
}

func TestStories(t *testing.T) {
	for _, engine := range []storage.Engine{storage.SQLite, storage.Postgres} {
		t.Run(engine.String(), func(t *testing.T) {
			t.Parallel()
			storagetest.URL(t, engine) // skips, or fails, where there is no such server
			testscript.Run(t, testscript.Params{
				Dir: ".", Cmds: commands(), RequireUniqueNames: true,
				Setup: func(env *testscript.Env) error { return setUp(env, engine) },
				Condition: func(name string) (bool, error) {
					return name == strings.ToLower(engine.String()), nil
				},
			})
		})
	}
}

// raceOptions, for processes under the race detector: else each of them sleeps a second before it ends.
const raceOptions = "atexit_sleep_ms=0"

// setUp gives a story the settings of an installation of its own.
func setUp(env *testscript.Env, engine storage.Engine) error {
	t := env.T().(testing.TB)
	if err := provide(env.WorkDir); err != nil {
		return err
	}
	for name, value := range map[string]string{
		"UNOXUNO_DATA":       filepath.Join(env.WorkDir, "data"),
		"UNOXUNO_PUBLIC_URL": "https://www.borgo.example",
		"UNOXUNO_SECRET":     "a secret of thirty-two characters",
		"UNOXUNO_LOG_LEVEL":  "warn",
		"UNOXUNO_CLOCK_FILE": filepath.Join(env.WorkDir, "clock"),
		"LANG":               "en_GB.UTF-8",
		"GORACE":             raceOptions,
	} {
		env.Setenv(name, value)
	}
	url := "sqlite:" + filepath.Join(env.WorkDir, "data", "unoxuno.db")
	if engine == storage.Postgres {
		url = storagetest.URL(t, engine)
		env.Setenv("UNOXUNO_DATABASE_URL", url)
	}
	s := &story{database: url}
	env.Values[storyKey{}] = s
	env.Defer(s.close)
	return os.WriteFile(filepath.Join(env.WorkDir, "clock"), []byte("2026-11-23T08:00:00Z\n"), 0o600)
}

// provide puts the files of the folder town where the story brought none of its own.
func provide(dir string) error {
	files, err := os.ReadDir("town")
	if err != nil {
		return err
	}
	for _, f := range files {
		own := filepath.Join(dir, f.Name())
		if _, err := os.Stat(own); err == nil {
			continue
		}
		text, err := os.ReadFile(filepath.Join("town", f.Name()))
		if err != nil {
			return err
		}
		if err := os.WriteFile(own, text, 0o600); err != nil {
			return err
		}
	}
	return nil
}
