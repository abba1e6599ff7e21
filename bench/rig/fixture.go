package rig

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"unoxuno/internal/storage"
)

// Fixture is a house with people in it, made once and copied for each run.
type Fixture struct {
	house *House
}

// Fixture is the town of that many people on that engine.
func (r *Rig) Fixture(ctx context.Context, engine storage.Engine, many int) (*Fixture, error) {
	if f, ok := r.fixtures[fixtureKey(engine, many)]; ok {
		return f, nil
	}
	h, err := r.Empty(ctx, engine, many)
	if err != nil {
		return nil, err
	}
	if _, err := h.Import(ctx); err != nil {
		return nil, errors.Join(err, h.Remove())
	}
	err = r.Keep(h)
	return r.fixtures[fixtureKey(engine, many)], err
}

func fixtureKey(engine storage.Engine, many int) string { return fmt.Sprint(engine, many) }

// Keep lets a house whose people were just imported be the fixture of its size, and removes it where there is one.
func (r *Rig) Keep(h *House) error {
	key := fixtureKey(h.Engine, h.inputs.Many)
	if _, ok := r.fixtures[key]; ok {
		return h.Remove()
	}
	r.fixtures[key] = &Fixture{house: h}
	return nil
}

// Discard removes the fixture of that many people on that engine, for the room it takes.
func (r *Rig) Discard(engine storage.Engine, many int) error {
	key := fixtureKey(engine, many)
	f, ok := r.fixtures[key]
	if !ok {
		return nil
	}
	delete(r.fixtures, key)
	return f.house.Remove()
}

// Empty is a house with a town, ready for the import of that many people.
func (r *Rig) Empty(ctx context.Context, engine storage.Engine, many int) (*House, error) {
	in, err := r.InputsFor(many)
	if err != nil {
		return nil, err
	}
	h, err := r.house(ctx, engine, in, "")
	if err != nil {
		return nil, err
	}
	_, err = h.Run(ctx, "town", "apply", in.Town)
	return h, err
}

// Import imports the house's people, and checks that all came.
func (h *House) Import(ctx context.Context) (Done, error) { return h.ImportWith(ctx, false) }

// ImportWith is Import, or its dry run.
func (h *House) ImportWith(ctx context.Context, dry bool) (Done, error) {
	args := []string{"people", "import", h.inputs.People, "--json"}
	if dry {
		args = append(args, "--dry-run")
	}
	done, err := h.Run(ctx, args...)
	if err != nil {
		return done, err
	}
	var result struct{ Created, Rejected int }
	if err := json.Unmarshal(done.Out, &result); err != nil {
		return done, fmt.Errorf("people import: %w: %s", err, done.Out)
	}
	if result.Created != h.inputs.Many || result.Rejected > 0 {
		return done, fmt.Errorf("people import: %d of %d people came, %d rows were rejected", result.Created, h.inputs.Many, result.Rejected)
	}
	return done, nil
}

// house makes a house with nothing in it, or with a copy of the template database on PostgreSQL.
func (r *Rig) house(ctx context.Context, engine storage.Engine, in Inputs, template string) (*House, error) {
	data, err := r.temp("house")
	if err != nil {
		return nil, err
	}
	h := &House{Engine: engine, Data: data, rig: r, inputs: in}
	if engine == storage.SQLite {
		h.Database = "sqlite:" + filepath.Join(data, "unoxuno.db")
		h.remove = func() error { return os.RemoveAll(data) }
		return h, nil
	}
	cluster, err := r.Cluster(ctx)
	if err != nil {
		return nil, err
	}
	name := strings.ToLower(strings.ReplaceAll(filepath.Base(data), "-", "_"))
	if h.Database, err = cluster.Create(ctx, name, template); err != nil {
		return nil, err
	}
	h.remove = func() error { return errors.Join(cluster.Drop(ctx, name), os.RemoveAll(data)) }
	return h, nil
}

// Copy is a new house with the same town and people.
func (f *Fixture) Copy(ctx context.Context) (*House, error) {
	from := f.house
	if from.Engine == storage.Postgres {
		return from.rig.house(ctx, from.Engine, from.inputs, databaseName(from.Database))
	}
	h, err := from.rig.house(ctx, from.Engine, from.inputs, "")
	if err != nil {
		return nil, err
	}
	return h, copyFile(strings.TrimPrefix(h.Database, "sqlite:"), strings.TrimPrefix(from.Database, "sqlite:"))
}

// copyFile copies a file and leaves nothing of it to be written to disk later, while something is measured.
func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

// CopyTo is a new SQLite house in a folder of its own, as on another file system.
func (f *Fixture) CopyTo(folder string) (*House, error) {
	h := *f.house
	h.Data, h.Database = folder, "sqlite:"+filepath.Join(folder, "unoxuno.db")
	h.remove = func() error { return nil }
	return &h, copyFile(filepath.Join(folder, "unoxuno.db"), strings.TrimPrefix(f.house.Database, "sqlite:"))
}
