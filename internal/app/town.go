package app

import (
	"errors"
	"fmt"
	"os"

	"unoxuno/internal/fault"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/storage"
	"unoxuno/internal/taxonomy"
	"unoxuno/internal/town"
	"unoxuno/internal/yamlfile"
)

type townCmd struct {
	Apply applyCmd `cmd:"" help:"Make the town, its lists, newsrooms and newsletters what a file declares."`
}

type applyCmd struct {
	File   string `arg:"" help:"The declaration, town.yaml."`
	DryRun bool   `help:"Show what would change, and change nothing."`
}

// declaration is the file town.yaml.
type declaration struct {
	Town  town.Town               `yaml:"town"`
	Lists taxonomy.Declaration    `yaml:",inline"`
	Rooms newsletters.Declaration `yaml:",inline"`
}

// Run applies the file, or shows what it would change.
func (c applyCmd) Run(r *run) error {
	text, err := os.ReadFile(c.File)
	if err != nil {
		return fault.NotFound("app.file", "File", c.File).Because(err)
	}
	h, err := r.openHouse()
	if err != nil {
		return err
	}
	defer h.close(r)
	changes, err := h.applyTown(r, text, c.File, c.DryRun)
	if err != nil {
		return err
	}
	for _, line := range changes {
		_, _ = fmt.Fprintln(r.Out, line)
	}
	switch {
	case len(changes) == 0:
		r.tell("app.town_same")
	case c.DryRun:
		r.tell("app.town_would", "Count", len(changes))
	default:
		r.tell("app.town_applied", "Count", len(changes))
	}
	return nil
}

// errDry ends a dry run: everything was done and is rolled back.
var errDry = errors.New("dry run")

// applyTown makes the town as text declares, all of it or nothing, and lists the changes. A dry run does the same and
// rolls back, so that it reports exactly what the real one would.
func (h *house) applyTown(r *run, text []byte, name string, dry bool) ([]string, error) {
	var d declaration
	if err := yamlfile.Decode(text, &d); err != nil {
		return nil, fault.Invalid("app.town_malformed", "File", name, "Reason", err.Error()).Because(err)
	}
	if err := d.Town.Check(); err != nil {
		return nil, err
	}
	var changes []string
	err := h.db.Tx(r.ctx, func(tx *storage.Tx) error {
		changes = nil
		fields, err := h.town.Apply(r.ctx, tx, d.Town)
		if err != nil {
			return err
		}
		for _, field := range fields {
			changes = append(changes, "~ town/"+field)
		}
		terms, err := h.taxonomy.Apply(r.ctx, tx, d.Lists)
		if err != nil {
			return err
		}
		for _, c := range terms {
			changes = append(changes, c.String())
		}
		rooms, err := h.newsletters.Declare(r.ctx, tx, d.Rooms)
		if err != nil {
			return err
		}
		for _, c := range rooms {
			changes = append(changes, c.String())
		}
		if dry {
			return errDry
		}
		if len(changes) == 0 {
			return nil
		}
		return h.identity.Audit(r.ctx, tx, "audit.town.applied", "town "+d.Town.Domain, fmt.Sprint(len(changes)))
	})
	if err = ignore(err, errDry); err != nil {
		return nil, err
	}
	return changes, h.town.Refresh(r.ctx)
}
