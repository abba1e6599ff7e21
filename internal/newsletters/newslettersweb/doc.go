// Package newslettersweb has the pages about newsletters: those for citizens (catalogue, archive, unsubscribing) in
// public_*.go, and those of the office (newsrooms, newsletters, issues, sending, statistics) in office_*.go.
//
// Promises of the office's pages: what is typed comes back if it cannot be saved, also if somebody else saved first.
// Nothing is sent, stopped or deleted by a single press. What an editor wrote is shown only in a frame that can neither
// run nor fetch anything. No page shows a person's address. Nothing needs JavaScript.
package newslettersweb
