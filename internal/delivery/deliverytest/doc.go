// Package deliverytest is a real SMTP server that catches every mail: for tests, and for the demonstration, where
// nothing may leave the machine.
//
// A Sink keeps the mails it takes (as many as Options.Keep says) or only counts them. A Rule can make it refuse, put
// off, hang up or stall at any command, as the servers of the world do.
package deliverytest
