// Package config reads the program's configuration. It documents itself: Settings lists every setting with its meaning,
// value and origin, and `unoxuno config` and docs/operations.md print that list.
//
// A value is taken from the flags, otherwise from the environment (UNOXUNO_…), otherwise from one YAML file, otherwise
// it is the default. An unknown key in the file is an error, so that a misspelt setting is noticed.
package config

import (
	"fmt"
	"math"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"

	"unoxuno/internal/fault"
	"unoxuno/internal/yamlfile"
)

// Config is the configuration, read and checked.
type Config struct {
	Data           string        // folder of everything the program keeps, but for a PostgreSQL database
	DatabaseURL    string        // sqlite:PATH or postgres://…
	Readers        int           // maximum number of PostgreSQL connections for reads
	Writers        int           // maximum number of PostgreSQL connections for transactions
	Listen         string        // address of the web server, host:port
	PublicURL      string        // how citizens reach the site, without a final slash
	Secret         string        // signs links; empty means: kept in a file of the data folder
	SMTPURL        string        // smtp://[user:password@]host:port or smtps://…; empty means: mail waits
	SMTPConns      int           // connections held to the relay at once
	DeliveryFile   string        // describes how mail leaves, as package routing reads it; empty means: over SMTPURL
	MailFrom       string        // address newsletters and confirmations come from; empty means newsletter@ the town's domain
	BounceDomain   string        // domain of envelope senders; empty means that of MailFrom
	BounceListen   string        // where returned mail arrives: smtp://, lmtp:// or lmtp+unix://; empty means nowhere
	BounceMaildir  string        // Maildir for returned mail; empty means none
	BounceSoft     int           // this many softly returned messages suppress an address …
	BounceSoftDays int           // … if they came within so many days
	BounceBrake    int           // days of returns that count for the brake; 0 means no brake
	BackupDays     int           // days for which a copy of the database may be restored
	LedgerMonths   int           // months after a sending for which it is known who got what; 0 means for ever
	RetryFirst     time.Duration // wait before the first retry of a deferred message
	SMSURL         string        // gateway of text messages, as package sms reads it; empty means: they wait
	SMSSender      string        // the sender that telephones show
	SMSPrice       int64         // price of one part of a text message, in hundredths of a cent; 0 means unknown
	SMSTemplate    string        // describes a provider's HTTP interface
	MetricsListen  string        // address of health and metrics, host:port; empty means none
	TrustedProxies []string      // networks whose X-Forwarded-For is trusted
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
		{Name: "database_readers", Default: "8", Help: "connections to PostgreSQL for reading, 1 to 500"},
		{Name: "database_writers", Default: "12", Help: "connections to PostgreSQL for transactions, 1 to 500"},
		{Name: "listen", Default: "127.0.0.1:8080", Help: "address and port of the web server"},
		{Name: "public_url", Help: "how citizens reach the site; stands in every link sent; when empty, http://localhost at the port of listen"},
		{Name: "secret", Secret: true, Help: "signs the links sent to people, 32 characters or more; when empty, one is made and kept in the data folder"},
		{Name: "smtp_url", Help: "relay for e-mail: smtp://[user:password@]host:port (STARTTLS when offered) or smtps://…; when empty, mail waits"},
		{Name: "smtp_conns", Default: "4", Help: "connections held to the relay at once, 1 to 64"},
		{Name: "delivery_file", Help: "YAML file of relays, routes, limits, windows and signatures, as examples/delivery.yaml; when empty, all mail leaves over smtp_url"},
		{Name: "mail_from", Help: "address that newsletters and confirmations come from; when empty, newsletter@ the town's domain"},
		{Name: "bounce_domain", Help: "domain of envelope senders, to which bounces return; when empty, that of mail_from"},
		{Name: "bounce_listen", Help: "where a relay brings mail that comes back: lmtp://host:port, smtp://host:port or lmtp+unix:///path; when empty, nowhere"},
		{Name: "bounce_maildir", Help: "Maildir from which mail that comes back is taken; when empty, none"},
		{Name: "bounce_soft_count", Default: "3", Help: "messages that come back softly (a full mailbox …) before the address gets nothing more, 1 to 100"},
		{Name: "bounce_soft_days", Default: "14", Help: "days within which they do so, 1 to 365"},
		{Name: "bounce_brake_days", Default: "7", Help: "days of bounces and complaints that can stop a newsroom, 1 to 90; 0 never stops one"},
		{Name: "backup_days", Default: "60", Help: "days for which a copy of the database may be put back: so long the journal of who left or was erased is kept, 1 to 3650"},
		{Name: "ledger_months", Default: "24", Help: "months after the end of a sending in which it is known who got what, then only its numbers, 1 to 120; 0 is for ever"},
		{Name: "retry_first", Default: "1m", Help: "wait before the first repeat of a message that was put off; later waits grow"},
		{Name: "sms_url", Help: "gateway for text messages: smpp://user:password@host, kannel+http://user:password@host or https://… of a provider; when empty, they wait"},
		{Name: "sms_sender", Help: "what telephones show as the author: a registered name of 11 letters at most, a short code, or a number such as +393331234567"},
		{Name: "sms_price", Default: "0", Help: "price of one text message in cents, such as 4.5; shown before an issue is sent"},
		{Name: "sms_template", Help: "YAML file that says how the provider's HTTP interface is spoken to; for an sms_url that begins with http"},
		{Name: "metrics_listen", Help: "address and port for /metrics (Prometheus) and /health, for the machine room alone; when empty, none"},
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
	values, err := yamlfile.Pairs(text)
	if err != nil {
		return nil, fault.Invalid("config.malformed", "File", file, "Reason", err.Error()).Because(err)
	}
	return values, nil
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
		BounceListen: v["bounce_listen"], BounceMaildir: v["bounce_maildir"],
		DeliveryFile: v["delivery_file"], LogLevel: v["log_level"], ClockFile: v["clock_file"],
		SMSURL: v["sms_url"], SMSSender: v["sms_sender"], SMSTemplate: v["sms_template"],
	}
	var ok bool
	if c.SMSPrice, ok = priceOf(v["sms_price"]); !ok {
		return c, bad("sms_price", "0–1000")
	}
	if c.DatabaseURL == "" {
		c.DatabaseURL = "sqlite:" + filepath.Join(c.Data, "unoxuno.db")
	}
	_, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return c, bad("listen", "host:port")
	}
	if c.MetricsListen = v["metrics_listen"]; c.MetricsListen != "" {
		if _, _, err := net.SplitHostPort(c.MetricsListen); err != nil {
			return c, bad("metrics_listen", "host:port")
		}
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
	if name, need := c.numbers(v); name != "" {
		return c, bad(name, need)
	}
	if c.RetryFirst, err = time.ParseDuration(v["retry_first"]); err != nil || c.RetryFirst <= 0 {
		return c, bad("retry_first", "30s, 1m, 5m …")
	}
	if c.TrustedProxies, err = networks(v["trusted_proxies"]); err != nil {
		return c, bad("trusted_proxies", "10.0.0.0/8, …")
	}
	switch c.LogLevel {
	case "debug", "info", "warn", "error":
	default:
		return c, bad("log_level", "debug, info, warn, error")
	}
	return c, nil
}

// priceOf reads cents, with decimals, as hundredths of a cent.
func priceOf(text string) (price int64, ok bool) {
	cents, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64)
	if err != nil || !(cents >= 0 && cents <= 1000) {
		return 0, false
	}
	return int64(math.Round(cents * 100)), true
}

// numbers reads whole numbers. name is the setting that is wrong, or ""; need is what it should be.
func (c *Config) numbers(v map[string]string) (name, need string) {
	for name, number := range map[string]struct {
		into       *int
		least, top int
	}{
		"bounce_soft_count": {&c.BounceSoft, 1, 100}, "bounce_soft_days": {&c.BounceSoftDays, 1, 365}, "bounce_brake_days": {&c.BounceBrake, 0, 90},
		"ledger_months": {&c.LedgerMonths, 0, 120}, "backup_days": {&c.BackupDays, 1, 3650}, "database_readers": {&c.Readers, 1, 500}, "database_writers": {&c.Writers, 1, 500},
	} {
		n, err := strconv.Atoi(v[name])
		if err != nil || n < number.least || n > number.top {
			return name, fmt.Sprintf("%d–%d", number.least, number.top)
		}
		*number.into = n
	}
	return "", ""
}

// networks reads networks that are parted by commas.
func networks(text string) (all []string, err error) {
	for network := range strings.SplitSeq(text, ",") {
		if network = strings.TrimSpace(network); network == "" {
			continue
		}
		if _, _, err := net.ParseCIDR(network); err != nil {
			return nil, err
		}
		all = append(all, network)
	}
	return all, nil
}
