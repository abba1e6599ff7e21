package rig

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// Rig is the workshop of one benchmark.
type Rig struct {
	Binary string // the program, absolute
	Folder string // of everything that is made; removed by Close

	mu       sync.Mutex
	cleanup  []func()
	commands []string
	fixtures map[string]*Fixture
	inputs   map[int]Inputs
	cluster  *Cluster
}

// New makes a workshop for the program at binary, with a folder below parent; "" is the system's folder for what is
// temporary.
func New(binary, parent string) (*Rig, error) {
	binary, err := filepath.Abs(binary)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(binary); err != nil {
		return nil, fmt.Errorf("the program to be measured: %w (make build)", err)
	}
	folder, err := os.MkdirTemp(parent, "unoxuno-bench-")
	if err != nil {
		return nil, err
	}
	// PostgreSQL's server runs as another user when we are root, and must come through to its folder.
	if err := os.Chmod(folder, 0o755); err != nil {
		return nil, err
	}
	return &Rig{Binary: binary, Folder: folder, fixtures: map[string]*Fixture{}, inputs: map[int]Inputs{}}, nil
}

// Close ends what still runs, the last first, and removes the folder.
func (r *Rig) Close() error {
	r.mu.Lock()
	todo := r.cleanup
	r.cleanup = nil
	r.mu.Unlock()
	for _, do := range slices.Backward(todo) {
		do()
	}
	return os.RemoveAll(r.Folder)
}

// atEnd has something done when the rig closes.
func (r *Rig) atEnd(do func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cleanup = append(r.cleanup, do)
}

// Note remembers a command line, once, for the record of the measure at hand.
func (r *Rig) Note(command string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Contains(r.commands, command) {
		r.commands = append(r.commands, command)
	}
}

// Commands are the command lines noted since the last call.
func (r *Rig) Commands() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	noted := r.commands
	r.commands = nil
	return noted
}

// Free is how much the disk of the rig's folder still holds, bytes.
func (r *Rig) Free() (int64, error) {
	var disk syscall.Statfs_t
	err := syscall.Statfs(r.Folder, &disk)
	return int64(disk.Bavail) * disk.Bsize, err
}

// temp makes a new folder in the rig's.
func (r *Rig) temp(name string) (string, error) { return os.MkdirTemp(r.Folder, name+"-") }

// Ends is something with an end, for the helpers of deliverytest, which else live as long as a test. Close ends what was
// begun with it.
type Ends struct {
	mu      sync.Mutex
	cleanup []func()
	failed  error
}

// Helper is as in testing.TB.
func (*Ends) Helper() {}

// Fatal notes a failure and ends the goroutine, as in testing.TB; see Within.
func (e *Ends) Fatal(args ...any) {
	e.failed = errors.New(fmt.Sprint(args...))
	runtime.Goexit()
}

// Cleanup is as in testing.TB.
func (e *Ends) Cleanup(do func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.cleanup = append(e.cleanup, do)
}

// Within does what may end by Fatal, and returns the failure.
func (e *Ends) Within(do func()) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	<-done
	return e.failed
}

// Close ends what was begun.
func (e *Ends) Close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, do := range slices.Backward(e.cleanup) {
		do()
	}
	e.cleanup = nil
}

// pollEvery is how often a condition is looked at that nobody announces.
const pollEvery = 20 * time.Millisecond

// Until waits for a condition that nobody announces, and fails when it has not come within the time.
func Until(ctx context.Context, within time.Duration, what string, met func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		if ok, err := met(); err != nil || ok {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%s: not within %v", what, within)
		}
	}
}

// IsRoot tells whether we may mount file systems and be other users.
func IsRoot() bool { return os.Geteuid() == 0 }

// as makes cmd run as the named account, when we are root and there is one.
func as(cmd *exec.Cmd, name string) error {
	if !IsRoot() {
		return nil
	}
	account, err := user.Lookup(name)
	if err != nil {
		return fmt.Errorf("account for %s: %w", filepath.Base(cmd.Path), err)
	}
	uid, err := strconv.Atoi(account.Uid)
	if err != nil {
		return err
	}
	gid, err := strconv.Atoi(account.Gid)
	if err != nil {
		return err
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	return nil
}
