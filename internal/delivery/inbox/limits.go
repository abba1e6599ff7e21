package inbox

import "time"

// The listener's limits. A relay on the same machine or network is all that speaks with it.
const (
	maxConnections = 32
	maxRecipients  = 1         // a bounce has one; a second one is asked to wait for the next transaction (RFC 5321 §4.5.3.1.10)
	maxMessage     = 64 << 20  // a bounce may carry the whole message; what is larger is refused (552)
	maxLine        = 256 << 10 // far beyond the 1000 of RFC 5321 §4.5.3.1.6: a bounce must not be lost for its form
	idleTime       = 5 * time.Minute
	stopTime       = 10 * time.Second // for what is under way when the program stops
)

// The folder's limits.
const (
	watchEvery = 5 * time.Second
	atATime    = 1000             // names read at a time
	claimFor   = 10 * time.Minute // after which a mail that a node took, and has not put away, is another's to take
)
