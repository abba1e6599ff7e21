package delivery

import "time"

// lookAgain is how long a chunk that waits for its window stays away at most: so soon a change of the plan is felt.
const lookAgain = time.Hour

// Opens is when the batches of an account may leave again, by the plan's windows; zero when they may now.
func (r *Room) Opens(account string) time.Time {
	now := r.clock.Now().In(r.settings.Zone)
	if at := r.settings.Plan.Window(account).Opens(now); at.After(now) {
		return at
	}
	return time.Time{}
}

// isShut tells whether the chunk's window is closed; then the chunk comes back when it opens. Its messages stay as they
// are: waiting, with as many tries as before.
func (w *worker) isShut(c *chunk) bool {
	at := w.Opens(c.account)
	if at.IsZero() {
		return false
	}
	if soon := w.clock.Now().Add(lookAgain); soon.Before(at) {
		at = soon
	}
	c.comeBack(at)
	return true
}
