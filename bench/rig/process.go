package rig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Usage is what a process cost.
type Usage struct {
	Wall time.Duration // from its start to its end
	CPU  time.Duration // user and system
	Peak int64         // most memory held at once, bytes
}

// Process is the program at work.
type Process struct {
	cmd    *exec.Cmd
	begun  time.Time
	out    bytes.Buffer
	err    tail
	peak   watch
	ended  chan struct{} // closed when it has
	usage  Usage
	failed error
}

// start starts a process with the given environment, and watches its memory.
func (r *Rig) start(ctx context.Context, env []string, name string, args ...string) (*Process, error) {
	p := &Process{cmd: exec.CommandContext(ctx, name, args...), ended: make(chan struct{})}
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = env, &p.out, &p.err
	p.begun = time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	p.peak.begin(p.cmd.Process.Pid)
	go func() {
		p.failed = p.cmd.Wait()
		p.usage = Usage{Wall: time.Since(p.begun), CPU: p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime(), Peak: p.peak.end()}
		close(p.ended)
	}()
	return p, nil
}

// PID is the process's number.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Begun is when the process was started.
func (p *Process) Begun() time.Time { return p.begun }

// Ended is closed when the process has ended.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// Signal sends a signal; to a process that has ended, in vain.
func (p *Process) Signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) }

// Wait waits for the end and returns the exit code, -1 when a signal ended it.
func (p *Process) Wait() (int, error) {
	<-p.ended
	var exit *exec.ExitError
	if p.failed != nil && !errors.As(p.failed, &exit) {
		return 0, p.failed
	}
	return p.cmd.ProcessState.ExitCode(), nil
}

// Stop ends the process by SIGTERM and waits; a process that does not end within the time is killed, which is an error.
func (p *Process) Stop(within time.Duration) error {
	p.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(within):
		p.Signal(syscall.SIGKILL)
		<-p.ended
		return fmt.Errorf("%s did not end within %v of SIGTERM", p, within)
	}
	if code, err := p.Wait(); err != nil || code != 0 {
		return fmt.Errorf("%s ended by SIGTERM with %d: %s", p, code, p.Said())
	}
	return nil
}

// Usage is what the process cost, once it has ended.
func (p *Process) Usage() Usage {
	<-p.ended
	return p.usage
}

// Out is what the process printed, once it has ended.
func (p *Process) Out() []byte {
	<-p.ended
	return p.out.Bytes()
}

// Said is the end of what the process wrote to its stderr.
func (p *Process) Said() string { return p.err.String() }

func (p *Process) String() string { return strings.Join(p.cmd.Args[1:min(3, len(p.cmd.Args))], " ") }

// Done is a process that ended.
type Done struct {
	Usage
	Code int
	Out  []byte
	Said string // the end of its stderr
}

// finish waits for the process.
func (p *Process) finish() (Done, error) {
	code, err := p.Wait()
	return Done{Usage: p.Usage(), Code: code, Out: p.Out(), Said: p.Said()}, err
}

// watch reads the most memory that a process held while it lives. The operating system's account of a child that has
// ended is not used: Linux lets it begin with what its parent held.
type watch struct {
	most    int64
	stop    chan struct{}
	stopped chan struct{}
}

// watchEvery is how often memory is read. VmHWM is a high-water mark: only what rises within the last moment is missed.
const watchEvery = 25 * time.Millisecond

func (w *watch) begin(pid int) {
	w.stop, w.stopped = make(chan struct{}), make(chan struct{})
	go func() {
		defer close(w.stopped)
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		for {
			if n, err := memory(pid, "VmHWM"); err == nil {
				w.most = max(w.most, n)
			}
			select {
			case <-w.stop:
				return
			case <-tick.C:
			}
		}
	}()
}

func (w *watch) end() int64 {
	close(w.stop)
	<-w.stopped
	return w.most
}

// Resident is how much memory the process holds now, bytes.
func (p *Process) Resident() (int64, error) { return memory(p.PID(), "VmRSS") }

// memory reads a line of /proc/PID/status, in bytes.
func memory(pid int, name string) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			var kilobytes int64
			_, err := fmt.Sscan(rest, &kilobytes)
			return kilobytes << 10, err
		}
	}
	return 0, fmt.Errorf("process %d: no %s", pid, name)
}

// tail keeps the end of what is written.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailLength = 4 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if over := len(t.text) - tailLength; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
