package rig

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"unoxuno/internal/storage"
)

// secret signs the links of every house, so that nodes of one house need no common folder.
const secret = "the benchmark's secret, known to all"

// House is one installation of the program with its own data.
type House struct {
	Engine   storage.Engine
	Database string // URL
	Data     string // folder

	rig      *Rig
	inputs   Inputs
	settings map[string]string
	remove   func() error

	primary, standby *Cluster // of a house that stands alone
}

// With is the same house with another setting, by its name as in the configuration file.
func (h *House) With(name, value string) *House {
	other := *h
	other.settings = map[string]string{}
	for k, v := range h.settings {
		other.settings[k] = v
	}
	other.settings[name] = value
	return &other
}

func (h *House) env() []string {
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + h.Data, "UNOXUNO_DATA=" + h.Data, "UNOXUNO_SECRET=" + secret,
		"UNOXUNO_DATABASE_URL=" + h.Database, "UNOXUNO_LOG_LEVEL=warn",
	}
	for name, value := range h.settings {
		env = append(env, "UNOXUNO_"+strings.ToUpper(name)+"="+value)
	}
	return env
}

// Start starts the program with these arguments.
func (h *House) Start(ctx context.Context, args ...string) (*Process, error) {
	h.note(args)
	return h.rig.start(ctx, h.env(), h.rig.Binary, args...)
}

// note writes down the command line as a reader would type it.
func (h *House) note(args []string) {
	var words []string
	for name, value := range h.settings {
		if name != "clock_file" {
			words = append(words, "UNOXUNO_"+strings.ToUpper(name)+"="+general(value))
		}
	}
	slices.Sort(words)
	words = append(words, "unoxuno")
	for _, a := range args {
		if strings.Contains(a, "@") {
			a = "ADDRESS" // one of many
		}
		words = append(words, filepath.Base(a))
	}
	h.rig.Note(strings.Join(words, " "))
}

// port is a port that was free when it was asked for.
var port = regexp.MustCompile(`:\d{4,5}\b`)

// general is a setting's value without what differs from run to run.
func general(value string) string {
	if filepath.IsAbs(value) {
		return filepath.Base(value)
	}
	return port.ReplaceAllString(value, ":PORT")
}

// Try runs the program with these arguments to its end, whatever its exit code.
func (h *House) Try(ctx context.Context, args ...string) (Done, error) {
	p, err := h.Start(ctx, args...)
	if err != nil {
		return Done{}, err
	}
	return p.finish()
}

// Run runs the program with these arguments to its end; an exit code other than 0 is an error.
func (h *House) Run(ctx context.Context, args ...string) (Done, error) {
	done, err := h.Try(ctx, args...)
	if err == nil && done.Code != 0 {
		err = fmt.Errorf("unoxuno %s: exit %d: %s", strings.Join(args[:min(2, len(args))], " "), done.Code, done.Said)
	}
	return done, err
}

// Numbers are those of an issue as the program shows them, of `issue send --json` or `issue stats --json`.
type Numbers struct {
	State      string `json:"state"`
	Recipients int64  `json:"recipients"`
	Messages   int64  `json:"messages"`
	Sent       int64  `json:"-"`
	Accepted   int64  `json:"accepted"`
	Refused    int64  `json:"refused"`
	Later      int64  `json:"later"`
	Waiting    int64  `json:"waiting"`
	Retried    int64  `json:"retried"`
}

// Stats asks the program for the issue's numbers.
func (h *House) Stats(ctx context.Context) (n Numbers, err error) {
	done, err := h.Run(ctx, "issue", "stats", Issue, "--json")
	if err != nil {
		return n, err
	}
	if err := json.Unmarshal(done.Out, &n); err != nil {
		return n, fmt.Errorf("issue stats: %w: %s", err, done.Out)
	}
	return n, nil
}

// SendArgs are the arguments that send the house's issue.
func (h *House) SendArgs(more ...string) []string {
	return append([]string{"issue", "send", h.inputs.Issue, "--json"}, more...)
}

// Size is how much the database takes on disk, bytes.
func (h *House) Size(ctx context.Context) (int64, error) {
	if h.Engine == storage.SQLite {
		var size int64
		for _, end := range []string{"", "-wal"} {
			if info, err := os.Stat(strings.TrimPrefix(h.Database, "sqlite:") + end); err == nil {
				size += info.Size()
			}
		}
		return size, nil
	}
	db, err := storage.Open(ctx, h.Database)
	if err != nil {
		return 0, err
	}
	defer func() { _ = db.Close() }()
	var size int64
	err = db.QueryRowContext(ctx, "SELECT pg_database_size(current_database())").Scan(&size)
	return size, err
}

// Remove removes the house's data.
func (h *House) Remove() error { return h.remove() }
