package journal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"unoxuno/internal/storage"
)

// files are the journal's files in a folder. Several processes of one machine append to the same file; each writes its
// lines in one call.
type files struct {
	folder, machine string

	mu   sync.Mutex
	day  string
	file *os.File
	torn bool // the last line was not written completely

	syncing sync.Mutex
	written uint64 // number of writes; guarded by mu
	synced  uint64 // number of writes that are on disk; guarded by syncing
}

const (
	fileEnd   = ".journal"
	dayForm   = "2006-01-02"
	ownFile   = 0o600
	ownFolder = 0o700
)

func newFiles(folder string) *files {
	name, err := os.Hostname()
	if err != nil || name == "" {
		name = "machine"
	}
	return &files{folder: folder, machine: strings.Map(func(r rune) rune {
		if r == '/' || r == 0 {
			return '_'
		}
		return r
	}, name)}
}

// write appends lines. If durable is set, it returns when they are on disk. Concurrent writers share one fsync.
func (f *files) write(now time.Time, lines []byte, durable bool) error {
	turn, err := f.append(now, lines)
	if err != nil || !durable {
		return storage.Fault(err)
	}
	f.syncing.Lock()
	defer f.syncing.Unlock()
	if f.synced >= turn {
		return nil
	}
	f.mu.Lock()
	file, last := f.file, f.written
	f.mu.Unlock()
	if err := file.Sync(); err != nil && !errors.Is(err, os.ErrClosed) { // a closed file was synced before
		return storage.Fault(err)
	}
	f.synced = last
	return nil
}

// append appends lines and returns the number of this write.
func (f *files) append(now time.Time, lines []byte) (turn uint64, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.open(now.UTC().Format(dayForm)); err != nil {
		return 0, err
	}
	if f.torn {
		lines = append([]byte("\n"), lines...)
	}
	n, err := f.file.Write(lines)
	f.torn = err != nil && n > 0
	if err != nil {
		return 0, err
	}
	f.written++
	return f.written, nil
}

// open opens the day's file.
func (f *files) open(day string) error {
	if f.file != nil && f.day == day {
		return nil
	}
	if f.file != nil {
		// A writer that waits for the old file's fsync finds the new file, so the old one is synced first.
		if err := errors.Join(f.file.Sync(), f.file.Close()); err != nil {
			return err
		}
		f.file = nil
	}
	if err := os.MkdirAll(f.folder, ownFolder); err != nil {
		return err
	}
	file, err := os.OpenFile(filepath.Join(f.folder, day+"-"+f.machine+fileEnd), os.O_APPEND|os.O_CREATE|os.O_RDWR, ownFile)
	if err != nil {
		return err
	}
	f.torn, err = f.begin(file)
	if err != nil {
		return errors.Join(err, file.Close())
	}
	f.file, f.day = file, day
	return nil
}

// begin makes a new file durable. It tells whether an existing file ends in the middle of a line.
func (f *files) begin(file *os.File) (torn bool, err error) {
	info, err := file.Stat()
	if err != nil {
		return false, err
	}
	if info.Size() > 0 {
		var last [1]byte
		_, err := file.ReadAt(last[:], info.Size()-1)
		return last[0] != '\n', err
	}
	if _, err := file.WriteString(heading); err != nil {
		return false, err
	}
	for _, path := range []string{f.folder, filepath.Dir(f.folder)} {
		dir, err := os.Open(path)
		if err != nil {
			return false, err
		}
		if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
			return false, err
		}
	}
	return false, nil
}

// names returns the names of the files, oldest first.
func (f *files) names() ([]string, error) {
	entries, err := os.ReadDir(f.folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() && strings.HasSuffix(e.Name(), fileEnd) {
			names = append(names, e.Name())
		}
	}
	return names, err
}

// prune removes the files of days before the given one.
func (f *files) prune(before time.Time) error {
	names, err := f.names()
	for _, name := range names {
		if day, parseErr := time.Parse(dayForm, name[:min(len(dayForm), len(name))]); parseErr == nil && day.AddDate(0, 0, 1).Before(before) {
			err = errors.Join(err, os.Remove(filepath.Join(f.folder, name)))
		}
	}
	return err
}

func (f *files) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.file == nil {
		return nil
	}
	file := f.file
	f.file = nil
	return errors.Join(file.Sync(), file.Close())
}
