// Package newslettersweb holds the pages about newsletters: those for citizens (catalogue, archive, the way out of a
// subscription) in public_*.go and those of the office (newsrooms, newsletters, writing, sending and counting issues) in
// office_*.go.
//
// Promises of the office's pages: whatever is typed comes back when it cannot be saved, also when somebody else saved
// first; nothing is sent, stopped or deleted by one press alone; what an editor wrote is shown only in a frame that can
// neither run nor fetch anything; nobody's address appears anywhere; nothing needs JavaScript.
package newslettersweb
