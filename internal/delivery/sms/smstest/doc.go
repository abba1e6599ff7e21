// Package smstest runs a real short message centre for tests: the npm package smpp as an SMSC, in a process of node that
// does what the test says. Tests are skipped, with a sentence that says what is missing, where node or the package is not
// there; with UNOXUNO_REQUIRE_SMS=1 they fail instead.
package smstest
