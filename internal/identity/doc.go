// Package identity knows who is asking and what they may do: staff accounts, roles, sessions, tokens for programs, and
// the audit log.
//
// Nouns: Staff (an account), Role (a named set of permissions), Session (a signed-in browser), Token (a program's key),
// Entry (a line of the audit log).
//
// Promises:
//   - passwords are kept as argon2id, sessions and tokens as SHA-256: a copy of the database signs nobody in;
//   - a try to sign in is counted, in the database, before the password is looked at: five for an account in one network,
//     thirty for a network, twenty for an account from all networks it has not signed in from of late; past that tries
//     are refused unread, right or wrong, known address or not, and nobody is locked out where she signed in before;
//   - few passwords are hashed at once, so that tries do not use up the memory;
//   - what ended with a switched-off account (sessions, invitations, keys) stays over when it is active again;
//   - the last active administrator cannot be switched off or demoted;
//   - the audit log is only added to; a line is written in the transaction of the deed it tells of.
//
// Tables: identity_staff, identity_staff_newsroom, identity_session, identity_token, identity_debt, identity_network,
// identity_mobile, identity_audit.
// Citizens have no account: they hold signed links, which the room people opens.
package identity
