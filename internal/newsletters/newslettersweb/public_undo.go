package newslettersweb

import (
	"time"

	"unoxuno/internal/newsletters"
	"unoxuno/internal/seal"
)

// undoPurpose is the purpose of the token that lets a person take back her leaving, undoLife how long it may be used.
const (
	undoPurpose = "newsletters.undo"
	undoLife    = time.Hour
)

// sealUndo is the token of a leaving: the person and the rows that her leaving wrote. The page that says goodbye carries
// it. It names rows by number, so that nothing can be read in it.
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
