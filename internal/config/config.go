// Package config is the one configuration of the program. It documents itself: Settings lists every setting with
// its meaning, value and origin, and `unoxuno config` and docs/operations.md print that list.
//
// A value is looked for in the flags, then in the environment (UNOXUNO_…), then in one YAML file, and else is the
// default. An unknown word in the file is an error: a misspelt setting must not be ignored for years.
package config

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"unoxuno/internal/fault"
)

// Config is the configuration, read and checked.
type Config struct {
	Data           string        // folder of everything the program keeps, but for a PostgreSQL database
	DatabaseURL    string        // sqlite:PATH or postgres://…
	Listen         string        // address of the web server, host:port
	PublicURL      string        // how citizens reach the site, without a final slash
	Secret         string        // signs links; empty means: kept in a file of the data folder
	SMTPURL        string        // smtp://[user:password@]host:port or smtps://…; empty means: mail waits
	SMTPConns      int           // connections held to the relay at once
	MailFrom       string        // address newsletters and confirmations come from; empty means newsletter@ the town's domain
	BounceDomain   string        // domain of envelope senders; empty means that of MailFrom
	RetryFirst     time.Duration // wait before the first repeat of a message put off
	TrustedProxies []string      // networks whose X-Forwarded-For is believed
	LogLevel       string        // debug, info, warn or error
	ClockFile      string        // for tests: the time is read from this file
}

// Setting is one setting as the reader of `unoxuno config` sees it.
type Setting struct {
	Name    string // as in the file and, with dashes, as a flag: database_url
	Help    string
	Default string
	Secret  bool // never printed whole
	Value   string
	Origin  string // flag, environment, file, default
}

// Env is the setting's name in the environment.
func (s Setting) Env() string { return "UNOXUNO_" + strings.ToUpper(s.Name) }

// Shown is the value as it may be printed: secrets, and passwords within URLs, are hidden.
func (s Setting) Shown() string {
	if s.Secret && s.Value != "" {
		return "(hidden)"
	}
	if u, err := url.Parse(s.Value); err == nil && u.User != nil {
		return u.Redacted()
	}
	return s.Value
}

// Catalogue lists every setting with its default.
func Catalogue() []Setting {
	return []Setting{
		{Name: "data", Default: "data", Help: "folder of everything the program keeps, but for a PostgreSQL database"},
		{Name: "database_url", Help: "sqlite:PATH or postgres://user:password@host/name; when empty, a SQLite file in the data folder"},
		{Name: "listen", Default: "127.0.0.1:8080", Help: "address and port of the web server"},
		{Name: "public_url", Help: "how citizens reach the site; stands in every link sent; when empty, http://localhost at the port of listen"},
		{Name: "secret", Secret: true, Help: "signs the links sent to people, 32 characters or more; when empty, one is made and kept in the data folder"},
		{Name: "smtp_url", Help: "relay for e-mail: smtp://[user:password@]host:port (STARTTLS when offered) or smtps://…; when empty, mail waits"},
		{Name: "smtp_conns", Default: "4", Help: "connections held to the relay at once, 1 to 64"},
		{Name: "mail_from", Help: "address that newsletters and confirmations come from; when empty, newsletter@ the town's domain"},
		{Name: "bounce_domain", Help: "domain of envelope senders, to which bounces return; when empty, that of mail_from"},
		{Name: "retry_first", Default: "1m", Help: "wait before the first repeat of a message that was put off; later waits grow"},
		{Name: "trusted_proxies", Help: "networks (CIDR, comma-separated) of reverse proxies whose X-Forwarded-For is believed"},
		{Name: "log_level", Default: "info", Help: "debug, info, warn or error"},
		{Name: "clock_file", Help: "for tests: a file with an RFC 3339 time, which is then the program's time"},
	}
}

// Load finds every setting's value. flags holds those given on the command line, by name; file is the path of the
// YAML file, "" for none.
func Load(flags map[string]string, getenv func(string) string, file string) (Config, []Setting, error) {
	fromFile, err := readFile(file)
	if err != nil {
		return Config{}, nil, err
	}
	settings := Catalogue()
	for i := range settings {
		s := &settings[i]
		s.Value, s.Origin = s.Default, "default"
		if v, ok := fromFile[s.Name]; ok {
			s.Value, s.Origin = v, "file"
			delete(fromFile, s.Name)
		}
		if v := getenv(s.Env()); v != "" {
			s.Value, s.Origin = v, "environment"
		}
		if v, ok := flags[s.Name]; ok && v != "" {
			s.Value, s.Origin = v, "flag"
		}
	}
	if len(fromFile) > 0 {
		unknown := make([]string, 0, len(fromFile))
		for name := range fromFile {
			unknown = append(unknown, name)
		}
		sort.Strings(unknown)
		return Config{}, nil, fault.Invalid("config.unknown", "File", file, "Name", strings.Join(unknown, ", "))
	}
	c, err := parse(settings)
	return c, settings, err
}

func readFile(file string) (map[string]string, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fault.Invalid("config.unreadable", "File", file).Because(err)
	}
	var raw map[string]any
	if err := yaml.Unmarshal(text, &raw); err != nil {
		return nil, fault.Invalid("config.malformed", "File", file, "Reason", firstLine(err)).Because(err)
	}
	values := make(map[string]string, len(raw))
	for name, v := range raw {
		values[name] = fmt.Sprint(v)
	}
	return values, nil
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

func parse(settings []Setting) (Config, error) {
	v := map[string]string{}
	for _, s := range settings {
		v[s.Name] = s.Value
	}
	bad := func(name, need string) error {
		return fault.Invalid("config.bad", "Name", name, "Value", v[name], "Need", need)
	}
	c := Config{
		Data: v["data"], DatabaseURL: v["database_url"], Listen: v["listen"], Secret: v["secret"], SMTPURL: v["smtp_url"],
		PublicURL: strings.TrimRight(v["public_url"], "/"), MailFrom: v["mail_from"], BounceDomain: v["bounce_domain"],
		LogLevel: v["log_level"], ClockFile: v["clock_file"],
	}
	if c.DatabaseURL == "" {
		c.DatabaseURL = "sqlite:" + filepath.Join(c.Data, "unoxuno.db")
	}
	_, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return c, bad("listen", "host:port")
	}
	if c.PublicURL == "" {
		c.PublicURL = "http://localhost:" + port
	}
	if u, err := url.Parse(c.PublicURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return c, bad("public_url", "https://host")
	}
	if c.Secret != "" && len(c.Secret) < 32 {
		return c, fault.Invalid("config.secret_short", "Name", "secret")
	}
	if c.SMTPConns, err = strconv.Atoi(v["smtp_conns"]); err != nil || c.SMTPConns < 1 || c.SMTPConns > 64 {
		return c, bad("smtp_conns", "1–64")
	}
	if c.RetryFirst, err = time.ParseDuration(v["retry_first"]); err != nil || c.RetryFirst <= 0 {
		return c, bad("retry_first", "30s, 1m, 5m …")
	}
	for network := range strings.SplitSeq(v["trusted_proxies"], ",") {
		if network = strings.TrimSpace(network); network == "" {
			continue
		}
		if _, _, err := net.ParseCIDR(network); err != nil {
			return c, bad("trusted_proxies", "10.0.0.0/8, …")
		}
		c.TrustedProxies = append(c.TrustedProxies, network)
	}
	switch c.LogLevel {
	case "debug", "info", "warn", "error":
	default:
		return c, bad("log_level", "debug, info, warn, error")
	}
	return c, nil
}
