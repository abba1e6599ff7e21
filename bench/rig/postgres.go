package rig

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"unoxuno/internal/storage"
)

// ErrNoPostgres says that PostgreSQL's server is not on this machine.
var ErrNoPostgres = errors.New("PostgreSQL's server is not on this machine; on Debian: apt-get install postgresql")

// clusterSettings are PostgreSQL's own but for what any machine is given: what is committed is safe on disk.
const clusterSettings = "-c listen_addresses='' -c max_connections=200 -c shared_buffers=256MB -c max_wal_size=4GB"

// ClusterSettings tells how the PostgreSQL of the measures is set.
func ClusterSettings() string { return clusterSettings + " (fsync and synchronous_commit on)" }

// Cluster is a PostgreSQL server of the rig's own, reached through a socket in its folder.
type Cluster struct {
	folder, bin string
	options     string
}

// Cluster is the server on which houses are made, started when it is asked for first.
func (r *Rig) Cluster(ctx context.Context) (*Cluster, error) {
	if r.cluster != nil {
		return r.cluster, nil
	}
	c, err := r.NewCluster(ctx, "")
	if err == nil {
		r.cluster = c
	}
	return c, err
}

// PostgresBin is the folder of the newest PostgreSQL server on this machine; "" when there is none.
func PostgresBin() string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres") // the pattern is well-formed
	if len(found) == 0 {
		return ""
	}
	slices.SortFunc(found, func(a, b string) int { return version(a) - version(b) })
	return filepath.Dir(found[len(found)-1])
}

func version(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path)))) // 0 for what is no number
	return n
}

// NewCluster makes and starts another server, with further options.
func (r *Rig) NewCluster(ctx context.Context, options string) (*Cluster, error) {
	c, err := r.clusterFolder(options)
	if err != nil {
		return nil, err
	}
	if err := c.run(ctx, "initdb", "-D", c.data(), "-U", "unoxuno", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"); err != nil {
		return nil, err
	}
	return c, c.Start(ctx)
}

func (r *Rig) clusterFolder(options string) (*Cluster, error) {
	bin := PostgresBin()
	if bin == "" {
		return nil, ErrNoPostgres
	}
	folder, err := r.temp("pg")
	if err != nil {
		return nil, err
	}
	c := &Cluster{folder: folder, bin: bin, options: options}
	if IsRoot() {
		if err := chown(folder, "postgres"); err != nil {
			return nil, err
		}
	}
	r.atEnd(func() { _ = c.Stop(context.Background(), "immediate") })
	return c, nil
}

// Standby makes a second server that follows this one.
func (r *Rig) Standby(ctx context.Context, primary *Cluster) (*Cluster, error) {
	c, err := r.clusterFolder("")
	if err != nil {
		return nil, err
	}
	from := fmt.Sprintf("host=%s user=unoxuno", primary.folder)
	if err := c.run(ctx, "pg_basebackup", "-d", from, "-D", c.data(), "-R", "-X", "stream", "-c", "fast"); err != nil {
		return nil, err
	}
	return c, c.Start(ctx)
}

func chown(path, name string) error {
	account, err := user.Lookup(name)
	if err != nil {
		return err
	}
	uid, err := strconv.Atoi(account.Uid)
	if err != nil {
		return err
	}
	return os.Chown(path, uid, -1)
}

func (c *Cluster) data() string { return filepath.Join(c.folder, "data") }

// run runs one of PostgreSQL's commands. Its output goes to a file: a server started by pg_ctl keeps it open.
func (c *Cluster) run(ctx context.Context, name string, args ...string) error {
	log, err := os.Create(filepath.Join(c.folder, name+".log"))
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	cmd := exec.CommandContext(ctx, filepath.Join(c.bin, name), args...)
	cmd.Stdout, cmd.Stderr, cmd.Dir = log, log, c.folder
	if err := as(cmd, "postgres"); err != nil {
		return err
	}
	if err := cmd.Run(); err != nil {
		said, _ := os.ReadFile(log.Name()) // it is only told
		return fmt.Errorf("%s: %w: %s", name, err, said)
	}
	return nil
}

// Start starts the server and waits until it answers.
func (c *Cluster) Start(ctx context.Context) error {
	return c.run(ctx, "pg_ctl", "-D", c.data(), "-w", "-t", "120", "-l", filepath.Join(c.folder, "server.log"), "start", "-o",
		clusterSettings+" -c unix_socket_directories="+c.folder+" "+c.options)
}

// Stop stops the server: fast ends its sessions, immediate is as a crash.
func (c *Cluster) Stop(ctx context.Context, mode string) error {
	return c.run(ctx, "pg_ctl", "-D", c.data(), "-w", "-t", "120", "-m", mode, "stop")
}

// Kill kills the server's first process, as if the machine were cut off; the others end when they notice.
func (c *Cluster) Kill() error {
	pid, err := c.pid()
	if err != nil {
		return err
	}
	return syscall.Kill(pid, syscall.SIGKILL)
}

// Promote makes a standby the primary.
func (c *Cluster) Promote(ctx context.Context) error {
	return c.run(ctx, "pg_ctl", "-D", c.data(), "-w", "-t", "120", "promote")
}

// URL is the address of a database of the server.
func (c *Cluster) URL(database string) string { return Hosts(database, c) }

// Hosts is the address of a database that is on several servers, of which the one that takes writes is meant.
func Hosts(database string, clusters ...*Cluster) string {
	var hosts []string
	for _, c := range clusters {
		hosts = append(hosts, c.folder)
	}
	q := url.Values{"host": {strings.Join(hosts, ",")}, "user": {"unoxuno"}}
	if len(clusters) > 1 {
		q.Set("target_session_attrs", "read-write")
	}
	return "postgres:///" + database + "?" + q.Encode()
}

func databaseName(address string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(address, "postgres:///"), "?")
	return name
}

// Create makes a database, empty or a copy of another, and returns its address.
func (c *Cluster) Create(ctx context.Context, name, template string) (string, error) {
	statement := "CREATE DATABASE " + name
	if template != "" {
		statement += " TEMPLATE " + template
	}
	// What was copied is on disk when something is measured.
	return c.URL(name), c.do(ctx, statement, "CHECKPOINT")
}

// Drop removes a database, whoever uses it.
func (c *Cluster) Drop(ctx context.Context, name string) error {
	return c.do(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
}

func (c *Cluster) do(ctx context.Context, statements ...string) error {
	db, err := storage.Open(ctx, c.URL("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	for _, s := range statements {
		if _, err := db.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

func (c *Cluster) pid() (int, error) {
	text, err := os.ReadFile(filepath.Join(c.data(), "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	return strconv.Atoi(first)
}

// CPU is the processor time that the server has taken so far: its first process, the living ones below it, and those
// that have ended.
func (c *Cluster) CPU() (time.Duration, error) {
	first, err := c.pid()
	if err != nil {
		return 0, err
	}
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	var ticks int64
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended; its parent has its time
		}
		if s, ok := parseStat(string(text)); ok && (s.pid == first || s.parent == first) {
			ticks += s.ticks
		}
	}
	return time.Duration(ticks) * (time.Second / clockTick), nil
}

// clockTick is how many ticks a second has in /proc: 100 on every Linux that Go runs on.
const clockTick = 100

type stat struct {
	pid, parent int
	ticks       int64 // of itself and of its children that have ended
}

// parseStat reads a line of /proc/PID/stat, proc(5). The name of the command, in parentheses, may hold anything.
func parseStat(text string) (s stat, ok bool) {
	at := strings.LastIndexByte(text, ')')
	if at < 0 {
		return s, false
	}
	if _, err := fmt.Sscan(text, &s.pid); err != nil {
		return s, false
	}
	fields := strings.Fields(text[at+1:])
	const parent, firstTime, times = 1, 11, 4 // ppid; utime, stime, cutime, cstime
	if len(fields) < firstTime+times {
		return s, false
	}
	s.parent, _ = strconv.Atoi(fields[parent])
	for _, f := range fields[firstTime : firstTime+times] {
		n, _ := strconv.ParseInt(f, 10, 64)
		s.ticks += n
	}
	return s, true
}
