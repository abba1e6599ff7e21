package access

// Sight is how much of what is kept of a person somebody may see. It is the same on pages, in exports and on the command
// line.
type Sight int

// The sights there are. The lesser one is the zero value: whoever forgets to ask shows too little, never too much.
const (
	// AtCounter is for staff, whatever their role. It leaves out what may reveal special-category data (GDPR, article 9):
	// subscriptions to sensitive newsletters and all that points to them, and sensitive terms of the profile. It leaves out
	// what the person reads as well.
	AtCounter Sight = iota
	// Whole is for the person herself and for the command line, which acts as administrator.
	Whole
)

// SightOf returns how much the actor may see of the person.
func (a Actor) SightOf(person int64) Sight {
	switch {
	case a.Kind == Console, a.Kind == System:
		return Whole
	case a.Kind == PersonAct && a.ID == person:
		return Whole
	}
	return AtCounter
}
