package storage

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"strconv"
)

// Mark says what a SQLite database is for. It is the file's application identifier
// (https://sqlite.org/fileformat2.html#the_application_id), so copies keep it.
type Mark uint32

// Demonstration marks the invented town of `unoxuno demo`: "unxd" in ASCII.
const Demonstration Mark = 0x756e7864

// markAt is the offset of the application identifier in a SQLite file.
const markAt = 68

// SetMark marks the SQLite database. The mark is in the file when SetMark returns.
func (db *DB) SetMark(ctx context.Context, m Mark) error {
	if db.engine != SQLite {
		return nil
	}
	_, err := db.writer.ExecContext(ctx, "PRAGMA application_id = "+strconv.FormatUint(uint64(m), 10))
	if err == nil {
		_, err = db.writer.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	}
	return err
}

// HasMark tells whether the SQLite file at path has the mark. It reads the file without opening the database, so it
// leaves no trace.
func HasMark(path string, m Mark) (bool, error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer func() { _ = file.Close() }() // only read
	var is [4]byte
	_, err = file.ReadAt(is[:], markAt)
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	return binary.BigEndian.Uint32(is[:]) == uint32(m), err
}
