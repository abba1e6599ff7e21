package delivery

import "time"

// How long a deferred message waits: twice as long each time, at most six hours. After three days it is given up. With
// a first wait of a minute that makes some twenty tries.
const (
	longestWait = 6 * time.Hour
	giveUpAfter = 72 * time.Hour
)

// wait returns how long to wait after that many tries (1 or more), and whether to try again at all. It depends only on
// the number of tries, which the ledger has, so a restart changes nothing.
func wait(first time.Duration, tries int64) (time.Duration, bool) {
	next, total := min(first, longestWait), time.Duration(0)
	for range tries - 1 {
		if total += next; total > giveUpAfter {
			return 0, false
		}
		next = min(2*next, longestWait)
	}
	return next, total+next <= giveUpAfter
}
