// Package identityweb has the pages on which staff sign in and out, accept an invitation and change their password, and
// on which an administrator manages accounts and reads the audit log.
//
// It also authenticates requests: Pages.Authenticate opens the session in the cookie, or a program's token, and reads
// the account again for each request. So a deactivated account is out at once, and so are other browsers after a change
// of password.
//
// Promises:
//   - A session ends two hours after its last use and twelve after it began, and has a new name after each sign-in.
//   - The cookie is not readable by scripts, is not sent with requests that other sites start, and only over TLS if the
//     town's public URL is https.
//   - After signing in the reader is redirected to a page of this site and nowhere else.
//   - Attempts are counted by the client's network: its IPv4 address, or the /64 of its IPv6 address.
package identityweb
