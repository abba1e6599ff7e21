// Package identity knows who makes a request and what they may do: staff accounts, roles, sessions, tokens for
// programs, and the audit log.
//
// Nouns: Staff (an account), Role (a named set of permissions), Session (a signed-in browser), Token (a program's key),
// Entry (a line of the audit log).
//
// Promises:
//   - Passwords are stored as argon2id, sessions and tokens as SHA-256: a copy of the database signs nobody in.
//   - A sign-in attempt is counted, in the database, before the password is checked: five for an account in one
//     network, thirty for a network, twenty for an account from all networks that it has not signed in from lately.
//     Beyond that attempts are refused unchecked, whether right or wrong, and whether or not the address is known.
//     Nobody is locked out where she signed in before.
//   - Few passwords are hashed at once, so that attempts do not exhaust the memory.
//   - Sessions, invitations and tokens of a deactivated account stay invalid when it is active again.
//   - The last active administrator cannot be deactivated or demoted.
//   - The audit log is append-only. A line is written in the transaction of its action.
//
// Tables: identity_staff, identity_staff_newsroom, identity_session, identity_token, identity_debt, identity_network,
// identity_mobile, identity_audit. Citizens have no account: they use signed links, which package people opens.
package identity
