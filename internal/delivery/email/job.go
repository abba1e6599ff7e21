package email

// Job is a message that is to be sent. Its methods are called by the connection that carries it, one after another and
// never at the same time:
//
//	Envelope, Append, Done     the usual course
//	Envelope, Append, Envelope, Append, Done
//	                           a connection ended before anything of the message was said, and another took over
//	Done                       no connection could be had
//
// A Job is an interface, and not a struct of functions, so that a caller can keep everything about a message in one
// object (and use that again when it is done): carrying it allocates nothing.
type Job interface {
	// Envelope is whom the message comes from, as bounces will find it, and whom it goes to.
	Envelope() (from, to Path)
	// Append writes the message to dst, a buffer of the connection's own, and returns it. It is called when the message
	// before it on the same connection is about to be sent: a moment before its own turn. An error keeps the message
	// from being sent; Done is told that very error.
	Append(dst []byte) ([]byte, error)
	// Plain tells of the message that Append has just written that it is all ASCII, that no line of it begins with a dot
	// and that its last line is ended, so that nobody need look; false is always safe.
	Plain() bool
	// Done is told, exactly once, what has become of the message:
	//
	//	nil           the relay has taken it
	//	*Permanent    it will never reach this address
	//	*Later        it was not taken this time, or the connection broke before the answer came: nobody knows
	//	*Unreachable  the relay takes no mail now; nothing was sent
	//	ctx.Err()     we were told to stop; nothing was sent
	//	any other     what Append said
	//
	// While Done runs, its connection waits.
	Done(err error)
}
