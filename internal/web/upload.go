package web

import (
	"errors"
	"io"
	"os"
	"syscall"

	"unoxuno/internal/fault"
)

// Upload is a file in a form. It is an unlinked file in the data folder, so nothing of it remains however the request
// or the program ends.
type Upload struct {
	Name string // the sender's name for it; never used as a path
	Size int64  // in bytes
	file *os.File
}

// Reader reads the file from its beginning.
func (u *Upload) Reader() io.Reader { return io.NewSectionReader(u.file, 0, u.Size) }

// newUpload stores what from returns. It returns an error of from unchanged; if the file cannot be stored, the fault is
// of KindUnavailable.
func newUpload(from io.Reader, name, folder string) (*Upload, error) {
	file, err := nameless(folder)
	if err != nil {
		return nil, noPlace(err)
	}
	u := &Upload{Name: name, file: file}
	if u.Size, err = io.Copy(fileWriter{file}, from); err != nil {
		u.close()
		return nil, err
	}
	return u, nil
}

// nameless returns a new file in a folder that was unlinked at once: only the open file remains.
func nameless(folder string) (*os.File, error) {
	if folder == "" {
		folder = os.TempDir()
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	file, err := os.CreateTemp(folder, ".upload-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(file.Name()); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// fileWriter distinguishes a disk that cannot be written to from a sender who went away.
type fileWriter struct{ file *os.File }

// Write writes.
func (w fileWriter) Write(b []byte) (int, error) {
	n, err := w.file.Write(b)
	if err != nil {
		err = noPlace(err)
	}
	return n, err
}

// noPlace returns the fault of a file that could not be stored.
func noPlace(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fault.Unavailable("web.no_room").Because(err)
	}
	return fault.Unavailable("web.no_place").Because(err)
}

// close frees the file's place.
func (u *Upload) close() { _ = u.file.Close() } // it has no name, and nothing in it is needed any more
