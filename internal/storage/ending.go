package storage

import "errors"

// Ending is something outside the database that must know how a transaction ends.
type Ending interface {
	// Committing is called before the commit, when all other work is done. An error rolls the transaction back.
	Committing() error
	// Ended is called once after Committing. If the commit failed the outcome is Unknown: the database may have
	// committed before the connection was lost.
	Ended(outcome Outcome)
}

// Outcome is how a transaction ended.
type Outcome int

// The outcomes.
const (
	Unknown Outcome = iota
	Committed
	RolledBack
)

// Ending returns the transaction's ending for owner. begin makes it if there is none yet.
func (tx *Tx) Ending(owner any, begin func() Ending) Ending {
	if e, ok := tx.endings[owner]; ok {
		return e
	}
	if tx.endings == nil {
		tx.endings = map[any]Ending{}
	}
	tx.endings[owner] = begin()
	return tx.endings[owner]
}

// commit commits the transaction and calls its endings.
func (tx *Tx) commit() error {
	var asked []Ending
	tell := func(outcome Outcome) {
		for _, e := range asked {
			e.Ended(outcome)
		}
	}
	for _, e := range tx.endings {
		asked = append(asked, e)
		if err := e.Committing(); err != nil {
			err = errors.Join(err, tx.tx.Rollback())
			tell(RolledBack)
			return err
		}
	}
	err := tx.tx.Commit()
	switch {
	case err == nil:
		tell(Committed)
	case retryable(err):
		tell(RolledBack)
	default:
		tell(Unknown)
	}
	return err
}
