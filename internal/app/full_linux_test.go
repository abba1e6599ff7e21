package app

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"unoxuno/internal/storage"
)

// smallDisk is a file system of so many bytes, in memory. Only root may mount one.
func smallDisk(t *testing.T, size int64) string {
	t.Helper()
	folder := t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		t.Skipf("no small disk can be mounted, which only root may: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(folder, syscall.MNT_DETACH) })
	return folder
}

// fillDisk takes all the room there is; the file it returns holds it.
func fillDisk(t *testing.T, folder string) string {
	t.Helper()
	path := filepath.Join(folder, "something else")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	_ = f.Close()
	return path
}

// With a disk that is full citizens are told so, in a page with what they typed; pages can be read, and the program is not
// ready. When there is room again it goes on, and nothing that it had said yes to is lost.
func TestAFullDiskIsToldAndHealed(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t, 24<<20)
	b := newBorgo(t, storage.SQLite, func(r *run) { r.config.DatabaseURL = "sqlite:" + filepath.Join(disk, "town.db") })
	something := fillDisk(t, disk)
	accepted, refused := b.asksForLinks(100)
	if refused == "" {
		t.Fatalf("%d forms were taken on a full disk", accepted)
	}
	if err := (&readiness{room: b.delivery}).check(); err == nil {
		t.Error("it says that it is ready")
	}
	for _, path := range []string{"/", "/newsletters", "/newsletters/teatro", "/join"} {
		if a := b.ask(b.browser(), http.MethodGet, path, nil); a.status != http.StatusOK {
			t.Errorf("%s cannot be read: %d", path, a.status)
		}
	}
	if err := os.Remove(something); err != nil {
		t.Fatal(err)
	}
	if more, refused := b.asksForLinks(3); refused != "" {
		t.Errorf("with room again, after %d: %s", more, refused)
	}
	if err := (&readiness{room: b.delivery}).check(); err != nil {
		t.Errorf("with room again it is not ready: %v", err)
	}
	if kept := len(b.content("people_entry")); kept != accepted+3 {
		t.Errorf("%d of %d accepted forms are there", kept, accepted+3)
	}
	var state string
	if err := b.db.QueryRowContext(b.ctx, "PRAGMA integrity_check").Scan(&state); err != nil || state != "ok" {
		t.Errorf("the database: %s (%v)", state, err)
	}
}
