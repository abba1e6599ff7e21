package access

// Sight is how much of a person's data an actor may see. It is the same on pages, in exports and on the command line.
type Sight int

// The sights. The zero value shows less, so that code that forgets to ask shows too little.
const (
	// AtCounter is for staff of every role. It leaves out what may reveal special-category data (GDPR, article 9):
	// subscriptions to sensitive newsletters, everything that points to them, and sensitive terms of the profile. It
	// also leaves out what the person reads.
	AtCounter Sight = iota
	// Whole is for the person herself, and for the command line, which acts as administrator.
	Whole
)

// SightOf returns how much of the person's data the actor may see.
func (a Actor) SightOf(person int64) Sight {
	switch {
	case a.Kind == Console, a.Kind == System:
		return Whole
	case a.Kind == PersonAct && a.ID == person:
		return Whole
	}
	return AtCounter
}
