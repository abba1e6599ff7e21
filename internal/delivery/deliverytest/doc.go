// Package deliverytest is a real SMTP server that catches every mail: for tests, and for the demonstration, where
// nothing may leave the machine.
//
// A Sink keeps the mails it takes (as many as Options.Keep says) or only counts them, by recipient and by Message-ID. A
// Rule can make it refuse, put off, hang up or stall at any command, as the servers of the world do; it may greet late or
// not at all, hide what it can do, or lie about it. Slow puts it far away.
package deliverytest
