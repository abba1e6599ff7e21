package inbox

import "time"

// The listener's limits. Only a relay on the same machine or network talks to it.
const (
	maxConnections = 32
	maxRecipients  = 1         // a bounce has one; a second must wait for the next transaction (RFC 5321 §4.5.3.1.10)
	maxMessage     = 64 << 20  // a bounce may contain the whole message; a larger one is refused (552)
	maxLine        = 256 << 10 // far beyond the 1000 of RFC 5321 §4.5.3.1.6: a bounce must not be lost for its form
	idleTime       = 5 * time.Minute
	stopTime       = 10 * time.Second // for connections in progress when the program stops
)

// The folder's limits.
const (
	watchEvery = 5 * time.Second
	atATime    = 1000             // names read at once
	claimFor   = 10 * time.Minute // after this another node may take over a claimed mail that was not put away
)
