package storage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"unoxuno/internal/fault"
)

// lockPoll is how often a waiting process checks whether the lock file is free.
const lockPoll = 100 * time.Millisecond

// Backup writes a consistent copy of a SQLite database to file while the program goes on working. The file appears only
// when the copy is complete.
func (db *DB) Backup(ctx context.Context, file string) error {
	if db.engine != SQLite {
		return fault.Invalid("storage.backup_postgres")
	}
	if _, err := os.Stat(file); err == nil {
		return fault.Conflict("storage.backup_exists", "File", file)
	}
	part := file + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	// Backup needs its own connection: readers may not write, and the writer may be busy.
	own, err := openSQLite(ctx, db.path)
	if err != nil {
		return err
	}
	_, err = own.writer.ExecContext(ctx, "VACUUM INTO ?", part)
	if err = errors.Join(err, own.Close()); err != nil {
		_ = os.Remove(part)
		return fault.Unavailable("storage.backup_failed", "File", file).Because(Fault(err))
	}
	return os.Rename(part, file)
}

// Restore replaces the SQLite database of url, which must not be open, by the backup at file. It keeps an existing
// database under the name that it returns; the name is "" if there was none.
func Restore(ctx context.Context, url, file string) (kept string, err error) {
	path, ok := sqlitePath(url)
	if !ok {
		return "", fault.Invalid("storage.backup_postgres")
	}
	if err := checkBackup(ctx, file); err != nil {
		return "", fault.Invalid("storage.backup_unreadable", "File", file).Because(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	part := path + ".restoring"
	if err := copyFile(file, part); err != nil {
		return "", errors.Join(err, os.Remove(part))
	}
	if _, err := os.Stat(path); err == nil {
		kept = path + ".before-restore-" + time.Now().UTC().Format("20060102T150405.000")
		if err := setAside(ctx, path, kept); err != nil {
			return "", errors.Join(err, os.Remove(part))
		}
	}
	return kept, os.Rename(part, path)
}

// setAside writes the WAL back into the database, so that the database is one file, and renames it.
func setAside(ctx context.Context, path, kept string) error {
	db, err := openSQLite(ctx, path)
	if err != nil {
		return err
	}
	// Leaving WAL mode needs exclusive access. It fails at once if any other connection is open, even an idle one.
	_, err = db.writer.ExecContext(ctx, "PRAGMA busy_timeout = 0")
	var mode string
	if err == nil {
		err = db.writer.QueryRowContext(ctx, "PRAGMA journal_mode = delete").Scan(&mode)
	}
	if err = errors.Join(err, db.Close()); err != nil || mode != "delete" {
		return fault.Conflict("storage.in_use", "File", path).Because(err)
	}
	return os.Rename(path, kept)
}

func checkBackup(ctx context.Context, file string) error {
	if _, err := os.Stat(file); err != nil {
		return err
	}
	db, err := openSQLite(ctx, file)
	if err != nil {
		return err
	}
	var verdict string
	err = db.reader.QueryRowContext(ctx, "PRAGMA quick_check").Scan(&verdict)
	if err = errors.Join(err, db.Close()); err == nil && verdict != "ok" {
		err = fmt.Errorf("quick_check: %s", verdict)
	}
	return err
}
