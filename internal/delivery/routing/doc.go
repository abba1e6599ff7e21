// Package routing reads the file that says how mail leaves: over which relays, for which newsroom, how fast, when, and
// with which signatures.
//
// Nouns: a Plan is the whole file. A Route is the relays of a newsroom, a Limit what one receiving domain is given at
// most, a Window the hours of the week in which batches leave.
//
// Promises: a word that the file should not hold is an error, which names the line and the known word that is nearest;
// every mistake of a file is told at once; no error quotes an address of a relay, for it may hold a password.
//
// The package keeps nothing and sends nothing: package delivery does what the plan says.
package routing
