// Package app builds every room, plugs them together, and owns start and stop. It is also the command line.
//
// This is the only place that knows all rooms. A plug is a few lines in house.go: a room declares the small interface
// that it needs, another offers it, and neither knows the other.
//
// Exit codes of the program:
//
//	0  done
//	1  a defect of the program; the log line says more
//	2  what was asked or given must be mended; the sentence on stderr says how
//	3  there is no such thing
//	4  it cannot be done in the present state (somebody changed it meanwhile, it was sent already …)
//	5  something needed is not there now: database, relay, disk
//	6  done as far as possible now, but messages are still owed: run the same command again later
package app
