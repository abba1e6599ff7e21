// Package apptest starts the whole program in tests: an installation with its own database, data folder and settings,
// its commands, and the served site.
//
// The program runs as it does for a town, through its command line. In the process of the test (Run, Serve), so that
// the race detector watches it; or as a process of its own (Command), which a test can kill.
package apptest
