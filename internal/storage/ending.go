package storage

import "errors"

// Ending is something outside the database that follows a transaction to its end.
type Ending interface {
	// Committing is called when everything in the transaction is done. An error rolls the transaction back.
	Committing() error
	// Ended is called once after Committing. Of a commit that failed nobody knows: the database may have made it before
	// the connection was lost.
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

// Ending returns the ending that the transaction has for owner; begin makes it when there is none yet.
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

// commit commits the transaction and tells its endings.
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
