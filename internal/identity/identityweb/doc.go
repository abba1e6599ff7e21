// Package identityweb holds the pages by which staff sign in and out, take up an invitation and change their password,
// and by which an administrator keeps the accounts and reads the audit log.
//
// It also tells the kit who asks: Pages.Authenticate opens the session that the cookie names, or the token of a
// program, and reads the account anew at each request, so that one that was switched off is out at once, and so are the
// other browsers of one whose password was changed.
//
// Promises:
//   - a session ends two hours after its last use and twelve after it began, and has a new name after each sign-in;
//   - the cookie is not readable by scripts, does not travel with requests that other sites start, and only over TLS
//     where the town's public address is https;
//   - after signing in the reader is sent on to a page of this site and nowhere else;
//   - tries are counted by the client’s network: its IPv4 address, or the /64 of its IPv6 address.
package identityweb
