package rig

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"unoxuno/internal/storage"
)

// Machine is what was measured on.
type Machine struct {
	Cores  int    `json:"cores"`
	CPU    string `json:"cpu"`
	Memory string `json:"memory"`
	Kernel string `json:"kernel"`
}

// ThisMachine describes the machine we run on.
func ThisMachine(ctx context.Context) Machine {
	return Machine{
		Cores: runtime.NumCPU(), CPU: line("/proc/cpuinfo", "model name"), Memory: line("/proc/meminfo", "MemTotal"),
		Kernel: said(ctx, "uname", "-sr"),
	}
}

// line is the value of the first line of a file of /proc with that name.
func line(path, name string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return "unknown"
	}
	for l := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(l, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

// said is what a command prints, in one line; "not installed" when there is none.
func said(ctx context.Context, name string, args ...string) string {
	out, err := exec.CommandContext(ctx, name, args...).Output()
	if err != nil && len(out) == 0 {
		return "not installed"
	}
	first, _, _ := strings.Cut(string(out), "\n")
	return strings.TrimSpace(first)
}

// Versions are those of all that takes part.
func (r *Rig) Versions(ctx context.Context) map[string]string {
	versions := map[string]string{
		"unoxuno": said(ctx, r.Binary, "version"), "commit": said(ctx, "git", "describe", "--always", "--dirty"), "go": runtime.Version(),
		"postfix": strings.TrimPrefix(said(ctx, "postconf", "mail_version"), "mail_version = "), "wrk": said(ctx, "wrk", "--version"),
		"sqlite": sqliteVersion(ctx) + ", " + module("modernc.org/sqlite") + ", synchronous=FULL", "postgresql": ErrNoPostgres.Error(),
	}
	if bin := PostgresBin(); bin != "" {
		versions["postgresql"] = fmt.Sprint(said(ctx, filepath.Join(bin, "postgres"), "--version"), ", ", ClusterSettings())
	}
	return versions
}

// sqliteVersion is what SQLite says of itself.
func sqliteVersion(ctx context.Context) string {
	folder, err := os.MkdirTemp("", "unoxuno-bench-version-")
	if err != nil {
		return "unknown"
	}
	defer func() { _ = os.RemoveAll(folder) }()
	db, err := storage.Open(ctx, "sqlite:"+filepath.Join(folder, "version.db"))
	if err != nil {
		return "unknown"
	}
	defer func() { _ = db.Close() }()
	var version string
	if err := db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version); err != nil {
		return "unknown"
	}
	return version
}

// module is the version of a module that is linked into this program, as into the one measured.
func module(path string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, m := range info.Deps {
		if m.Path == path {
			return path + " " + m.Version
		}
	}
	return "unknown"
}

// LoadAverage is how many processes wanted a processor in the last minute: others may use the machine, too.
func LoadAverage() float64 {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), " ")
	load, _ := strconv.ParseFloat(first, 64)
	return load
}
