package app

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"unoxuno/internal/delivery/routing"
	"unoxuno/internal/fault"
)

// Everything that the program writes is about people, so only its own user may read it.
const (
	ownFolder = 0o700
	ownFile   = 0o600
)

// ownMask removes all permissions of others, whatever umask the program was started with.
const ownMask = 0o077

// keepToOurselves makes every file that this process creates readable by its own user only.
func keepToOurselves() { syscall.Umask(ownMask) }

// tighten takes from others what older versions left readable: the data folder and the files in it, and the database
// with what lies beside it. What does not belong to our user is left as it is, and doctor speaks of it.
func (r *run) tighten() {
	for path, mode := range r.ownPaths() {
		if readableByOthers(path) && os.Chmod(path, mode) == nil {
			r.log.Info("readable by its owner alone from now on", "path", path)
		}
	}
}

// ownPaths are the files and folders of the program with the mode that each should have.
func (r *run) ownPaths() map[string]fs.FileMode {
	paths := map[string]fs.FileMode{}
	if _, err := os.Stat(filepath.Join(r.config.Data, "secret")); err == nil { // else it is not sure that the folder is ours
		paths[r.config.Data] = ownFolder
	}
	add := func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.IsDir() { // else it is not there, or not ours to look into
			paths[path] = ownFolder
		} else if err == nil && e.Type().IsRegular() {
			paths[path] = ownFile
		}
		return nil
	}
	if len(paths) > 0 {
		_ = filepath.WalkDir(r.config.Data, add) // add never fails
	}
	_ = filepath.WalkDir(r.journalPath(), add) // also where the secret stands in the settings
	if path, ok := strings.CutPrefix(r.config.DatabaseURL, "sqlite:"); ok {
		beside, err := os.ReadDir(filepath.Dir(path))
		for _, e := range beside {
			if err == nil && strings.HasPrefix(e.Name(), filepath.Base(path)) {
				_ = add(filepath.Join(filepath.Dir(path), e.Name()), e, nil)
			}
		}
	}
	return paths
}

// exposed is a fault that names what others on this machine can read: what the program writes, and the files with
// passwords and keys that it was given.
func (r *run) exposed(plan routing.Plan) error {
	paths := append(slices.Sorted(maps.Keys(r.ownPaths())), r.config.DeliveryFile, r.config.SMSTemplate, r.config.BounceMaildir)
	for _, k := range plan.Keys {
		paths = append(paths, k.File)
	}
	var open []string
	for _, path := range paths {
		if path != "" && readableByOthers(path) {
			open = append(open, path)
		}
	}
	if len(open) == 0 {
		return nil
	}
	return fault.Invalid("app.doctor.exposed", "Paths", strings.Join(open, ", "))
}

func readableByOthers(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().Perm()&ownMask != 0
}
