package rig

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"

	"unoxuno/internal/storage"
)

// Alone is a house with people on a PostgreSQL that nobody else uses, so that it can be stopped and killed; with a
// standby that has everything that was committed, if asked for.
func (r *Rig) Alone(ctx context.Context, many int, withStandby bool) (*House, error) {
	in, err := r.InputsFor(many)
	if err != nil {
		return nil, err
	}
	data, err := r.temp("house")
	if err != nil {
		return nil, err
	}
	primary, err := r.NewCluster(ctx, "")
	if err != nil {
		return nil, err
	}
	h := &House{Engine: storage.Postgres, Data: data, rig: r, inputs: in, primary: primary}
	h.remove = func() error {
		return errors.Join(primary.Stop(context.WithoutCancel(ctx), "immediate"), os.RemoveAll(primary.folder), os.RemoveAll(data))
	}
	if h.Database, err = primary.Create(ctx, "town", ""); err != nil {
		return nil, err
	}
	if _, err := h.Run(ctx, "town", "apply", in.Town); err != nil {
		return nil, err
	}
	if _, err := h.Import(ctx); err != nil {
		return nil, err
	}
	if !withStandby {
		return h, nil
	}
	if h.standby, err = r.Standby(ctx, primary); err != nil {
		return nil, err
	}
	h.remove = func() error { return h.standby.Stop(context.WithoutCancel(ctx), "immediate") }
	h.Database = Hosts("town", primary, h.standby)
	return h, primary.Follow(ctx)
}

// Servers are the PostgreSQL servers of a house that stands alone; the second is nil where there is no standby.
func (h *House) Servers() (primary, standby *Cluster) { return h.primary, h.standby }

// Follow lets no commit return before the standby has it.
func (c *Cluster) Follow(ctx context.Context) error {
	return c.do(ctx, "ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()")
}

// Size is how much the fixture's database takes on disk, bytes.
func (f *Fixture) Size(ctx context.Context) (int64, error) { return f.house.Size(ctx) }

// Disk mounts a file system of that size, in memory, until the rig closes. Only root may.
func (r *Rig) Disk(size int64) (string, error) {
	folder, err := r.temp("disk")
	if err != nil {
		return "", err
	}
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		return "", fmt.Errorf("mount a disk of %d bytes: %w", size, err)
	}
	r.atEnd(func() { _ = syscall.Unmount(folder, syscall.MNT_DETACH) })
	return folder, nil
}
