package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"unoxuno/internal/config"
	"unoxuno/internal/fault"
)

func load(t *testing.T, flags, env map[string]string, file string) (config.Config, []config.Setting, error) {
	t.Helper()
	path := ""
	if file != "" {
		path = filepath.Join(t.TempDir(), "unoxuno.yaml")
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return config.Load(flags, func(name string) string { return env[name] }, path)
}

func TestFlagsBeforeEnvironmentBeforeFile(t *testing.T) {
	file := "listen: \"[::]:1\"\nsmtp_conns: 1\nretry_first: 5m\n"
	env := map[string]string{"UNOXUNO_LISTEN": "[::]:2", "UNOXUNO_SMTP_CONNS": "2"}
	c, settings, err := load(t, map[string]string{"listen": "[::]:3"}, env, file)
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "[::]:3" || c.SMTPConns != 2 || c.RetryFirst != 5*time.Minute || c.LogLevel != "info" {
		t.Errorf("%+v", c)
	}
	want := map[string]string{"listen": "flag", "smtp_conns": "environment", "retry_first": "file", "log_level": "default"}
	for _, s := range settings {
		if o, ok := want[s.Name]; ok && o != s.Origin {
			t.Errorf("%s comes from %s, told %s", s.Name, o, s.Origin)
		}
	}
}

func TestMistakesAreNamed(t *testing.T) {
	for name, c := range map[string]struct {
		env       map[string]string
		file, key string
	}{
		"unknown word in the file": {nil, "smtp_ulr: smtp://x\n", "config.unknown"},
		"not YAML":                 {nil, "a: [", "config.malformed"},
		"no address":               {map[string]string{"UNOXUNO_LISTEN": "8080"}, "", "config.bad"},
		"not a web address":        {map[string]string{"UNOXUNO_PUBLIC_URL": "comune.it"}, "", "config.bad"},
		"too many connections":     {map[string]string{"UNOXUNO_SMTP_CONNS": "1000"}, "", "config.bad"},
		"no time":                  {map[string]string{"UNOXUNO_RETRY_FIRST": "soon"}, "", "config.bad"},
		"no days":                  {map[string]string{"UNOXUNO_BOUNCE_BRAKE_DAYS": "91"}, "", "config.bad"},
		"no months":                {map[string]string{"UNOXUNO_LEDGER_MONTHS": "121"}, "", "config.bad"},
		"no count":                 {map[string]string{"UNOXUNO_BOUNCE_SOFT_COUNT": "0"}, "", "config.bad"},
		"short secret":             {map[string]string{"UNOXUNO_SECRET": "short"}, "", "config.secret_short"},
		"not a network":            {map[string]string{"UNOXUNO_TRUSTED_PROXIES": "10.0.0.1"}, "", "config.bad"},
	} {
		if _, _, err := load(t, nil, c.env, c.file); !fault.HasKey(err, c.key) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSecretsAreNotShown(t *testing.T) {
	env := map[string]string{
		"UNOXUNO_SECRET": strings.Repeat("geheim", 6), "UNOXUNO_SMTP_URL": "smtp://ada:geheim@relay:25", "UNOXUNO_DATABASE_URL": "postgres://u:geheim@h/d",
	}
	_, settings, err := load(t, nil, env, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range settings {
		if strings.Contains(s.Shown(), "geheim") {
			t.Errorf("%s shows %s", s.Name, s.Shown())
		}
	}
}
