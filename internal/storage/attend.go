package storage

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// Attend notes that this process answers people while it has the database open, so that whoever writes much writes it in
// small parts: see Attended. It ends with leave, or with the process. PostgreSQL has many writers and needs nothing.
func (db *DB) Attend() (leave func() error, err error) {
	if db.engine != SQLite {
		return func() error { return nil }, nil
	}
	lock := db.attendance()
	if err := lock.RLock(); err != nil {
		return nil, err
	}
	return lock.Unlock, nil
}

// Attended tells whether a process answers people out of this SQLite file.
func (db *DB) Attended() (bool, error) {
	if db.engine != SQLite {
		return false, nil
	}
	lock := db.attendance()
	alone, err := lock.TryLock()
	return !alone && err == nil, errors.Join(err, lock.Close())
}

func (db *DB) attendance() *flock.Flock {
	return flock.New(db.path+".attended", flock.SetPermissions(0o600))
}

// scratchLock is the file in a scratch folder that its process holds locked.
const scratchLock = "lock"

// removeScratch removes the scratch copies of processes that were killed.
func (db *DB) removeScratch() error {
	folders, err := filepath.Glob(db.path + ".scratch-*")
	for _, folder := range folders {
		lock := flock.New(filepath.Join(folder, scratchLock))
		dead, lockErr := lock.TryLock()
		if err = errors.Join(err, lockErr, lock.Close()); dead {
			err = errors.Join(err, os.RemoveAll(folder))
		}
	}
	return err
}
