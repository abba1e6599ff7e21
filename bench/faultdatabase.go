package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"unoxuno/bench/rig"
	"unoxuno/internal/storage"
)

// databaseFaults are databases that go away, and disks that are full.
func databaseFaults(p faultPlan) []fault {
	sqlite, postgres := storage.SQLite, storage.Postgres
	list := []fault{
		{name: "PostgreSQL restarted", only: &postgres, house: ownCluster, during: restarted("fast")},
		{name: "PostgreSQL crashes and comes back", only: &postgres, house: ownCluster, during: restarted("immediate")},
		{name: "PostgreSQL crashes and comes back under `unoxuno work`", only: &postgres, house: ownCluster, during: crashedUnderNode},
		{name: "primary killed, standby promoted", only: &postgres, house: primaryAndStandby, during: promoted},
		{name: "a mail that cannot be written, for one person", house: unreachable, refused: 1},
	}
	for _, room := range p.room {
		list = append(list, fault{
			name: fmt.Sprintf("disk full after %d kB", room>>10), only: &sqlite, impaired: cannotMount,
			house:  func(ctx context.Context, t *trial) (*rig.House, error) { return smallDisk(ctx, t, room) },
			during: diskFull,
		})
	}
	return list
}

// ownCluster is a house on a PostgreSQL that nobody else uses.
func ownCluster(ctx context.Context, t *trial) (*rig.House, error) {
	return t.Alone(ctx, t.people, false)
}

// primaryAndStandby is a house on a PostgreSQL with a standby that follows it step by step.
func primaryAndStandby(ctx context.Context, t *trial) (*rig.House, error) {
	return t.Alone(ctx, t.people, true)
}

// restarted restarts the database when half the mails are taken.
func restarted(mode string) func(ctx context.Context, t *trial) error {
	return func(ctx context.Context, t *trial) error {
		primary, _ := t.house.Servers()
		return t.whileSending(ctx, func() error {
			return errors.Join(primary.Stop(ctx, mode), primary.Start(ctx))
		})
	}
}

// crashedUnderNode lets a node send, and crashes the database half-way; the node must go on by itself.
func crashedUnderNode(ctx context.Context, t *trial) error {
	return t.underNodes(ctx, 1, func(node []*rig.Process) ([]*rig.Process, error) {
		primary, _ := t.house.Servers()
		return node, errors.Join(primary.Stop(ctx, "immediate"), primary.Start(ctx))
	})
}

// promoted kills the primary when half the mails are taken, and promotes its standby.
func promoted(ctx context.Context, t *trial) error {
	primary, standby := t.house.Servers()
	return t.whileSending(ctx, func() error {
		return errors.Join(primary.Kill(), standby.Promote(ctx))
	})
}

// whileSending does something to the database when half the mails are taken. Of a process that ends by it, what was in
// flight may be repeated.
func (t *trial) whileSending(ctx context.Context, do func() error) error {
	p, err := t.begin(ctx)
	if err != nil {
		return err
	}
	select {
	case <-t.meter.reached(t.people / 2):
	case <-p.Ended():
		_, err := t.end(p)
		return errors.Join(err, errors.New("the sending ended before half of it was done"))
	}
	t.allowed += inFlight
	if err := do(); err != nil {
		return err
	}
	if done, err := t.end(p); err != nil || done {
		if done {
			t.note("the program sent on, and ended with 0")
		}
		return err
	}
	return t.untilDone(ctx)
}

func cannotMount() string {
	if !rig.IsRoot() {
		return "only root may mount a small disk"
	}
	return ""
}

// headroom is what the disk has beyond the house and the room.
const headroom = 64 << 20

// smallDisk is a house on a disk of its own, of which all but so many bytes is taken.
func smallDisk(ctx context.Context, t *trial, room int64) (*rig.House, error) {
	town, err := t.Fixture(ctx, t.engine, t.people)
	if err != nil {
		return nil, err
	}
	size, err := town.Size(ctx)
	if err != nil {
		return nil, err
	}
	disk, err := t.Disk(size + headroom)
	if err != nil {
		return nil, err
	}
	h, err := town.CopyTo(disk)
	if err != nil {
		return nil, err
	}
	return h, fillUp(disk, room)
}

// ballast is the name of the file that takes the room.
const ballast = "ballast"

// fillUp takes all room on the disk but so many bytes.
func fillUp(disk string, leave int64) error {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(disk, &fs); err != nil {
		return err
	}
	take := int64(fs.Bavail)*fs.Bsize - leave
	f, err := os.Create(filepath.Join(disk, ballast))
	if err != nil {
		return err
	}
	return errors.Join(syscall.Fallocate(int(f.Fd()), 0, 0, take), f.Close())
}

// diskFull sends until the disk is full, then makes room and goes on.
func diskFull(ctx context.Context, t *trial) error {
	p, err := t.begin(ctx)
	if err != nil {
		return err
	}
	done, err := t.end(p)
	if err != nil {
		return err
	}
	if done {
		t.note("the room sufficed: the disk was never full")
		return nil
	}
	t.allowed += inFlight
	t.note("the disk was full when %d mails were taken", t.sink.Count())
	if err := os.Remove(filepath.Join(t.house.Data, ballast)); err != nil {
		return err
	}
	return t.untilDone(ctx)
}

// unreachable spoils the address of one person, as a mistake elsewhere might: her mail cannot be written.
func unreachable(ctx context.Context, t *trial) (*rig.House, error) {
	town, err := t.Fixture(ctx, t.engine, t.people)
	if err != nil {
		return nil, err
	}
	h, err := town.Copy(ctx)
	if err != nil {
		return nil, err
	}
	db, err := storage.Open(ctx, h.Database)
	if err != nil {
		return nil, err
	}
	_, err = db.ExecContext(ctx, "UPDATE people_address SET value = 'nobody at nowhere' WHERE id = "+
		"(SELECT id FROM people_address WHERE channel = 'email' ORDER BY id LIMIT 1)")
	return h, errors.Join(err, db.Close())
}
