package delivery

import "time"

// lookAgain is the longest time that a chunk waits for its window, so that a changed plan takes effect soon.
const lookAgain = time.Hour

// Opens returns when the batches of an account may be sent again, by the plan's windows; zero if they may now.
func (r *Room) Opens(account string) time.Time {
	now := r.clock.Now().In(r.settings.Zone)
	if at := r.settings.Plan.Window(account).Opens(now); at.After(now) {
		return at
	}
	return time.Time{}
}

// isShut tells whether the chunk's window is closed; the chunk then comes back when it opens. Its messages stay
// unchanged: waiting, with the same number of tries.
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
