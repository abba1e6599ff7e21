package newslettersweb

import (
	"time"

	"unoxuno/internal/newsletters"
	"unoxuno/internal/seal"
)

// undoPurpose is the purpose of the token that undoes an unsubscription, undoLife how long it is valid.
const (
	undoPurpose = "newsletters.undo"
	undoLife    = time.Hour
)

// sealUndo returns the token of an unsubscription: the person and the rows that it wrote. The page that confirms the
// unsubscription carries it. It names rows by number, so it contains nothing readable.
func (p *Pages) sealUndo(person int64, left newsletters.Left) string {
	ints := []int64{person}
	for _, rows := range [][]int64{left.Subscriptions, left.OptOuts, left.Consents} {
		ints = append(append(ints, int64(len(rows))), rows...)
	}
	return p.Newsletters.Sealer.Ints(undoPurpose, p.Clock.Now().Add(undoLife), ints...)
}

func (p *Pages) openUndo(token string) (person int64, left newsletters.Left, err error) {
	ints, err := p.Newsletters.Sealer.OpenAllInts(undoPurpose, token, p.Clock.Now())
	if err != nil || len(ints) == 0 {
		return 0, left, seal.ErrInvalid
	}
	person, ints = ints[0], ints[1:]
	for _, rows := range []*[]int64{&left.Subscriptions, &left.OptOuts, &left.Consents} {
		if len(ints) == 0 || ints[0] < 0 || ints[0] >= int64(len(ints)) {
			return 0, left, seal.ErrInvalid
		}
		*rows, ints = ints[1:1+ints[0]], ints[1+ints[0]:]
	}
	return person, left, nil
}
