// Package identity knows who is asking and what they may do: staff accounts, roles, sessions, tokens for programs, and
// the audit log.
//
// Nouns: Staff (an account), Role (a named set of permissions), Session (a signed-in browser), Token (a program's key),
// Entry (a line of the audit log).
//
// Promises:
//   - passwords are kept as argon2id, sessions and tokens as SHA-256: a copy of the database signs nobody in;
//   - after five failed tries for one address within 15 minutes further ones are refused unread, right or wrong, known
//     address or not;
//   - the last active administrator cannot be switched off or demoted;
//   - the audit log is only added to; a line is written in the transaction of the deed it tells of.
//
// Tables: identity_staff, identity_staff_newsroom, identity_session, identity_token, identity_failure, identity_audit.
// Citizens have no account: they hold signed links, which the room people opens.
package identity
