package apptest

import (
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// servingLog keeps what the program logs, and tells when it serves.
type servingLog struct {
	serving chan struct{}
	mu      sync.Mutex
	all     bytes.Buffer
	told    bool
}

func newServingLog() *servingLog { return &servingLog{serving: make(chan struct{})} }

func (l *servingLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, err := l.all.Write(b)
	if !l.told && bytes.Contains(l.all.Bytes(), []byte("msg=serving")) {
		l.told = true
		close(l.serving)
	}
	return n, err
}

func (l *servingLog) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// Binary builds the program as `make build` does and returns its path.
func Binary(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "unoxuno")
	build := exec.CommandContext(context.Background(), "go", "build", "-trimpath", "-o", path, "unoxuno/cmd/unoxuno")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return path
}
