// Package people keeps those the town has a relation with: who they are, how to reach them, what they agreed to, and
// the language in which an audience is told.
//
// Nouns: a [Person] is a citizen or an organisation, resident or not. She has [Address]es, each on one [Channel] and
// confirmed or not; [Details] she declared; and a ledger of [Consent]s, each for one [Purpose]. A [Draft] is a sign-up
// that waits for its confirmation. An [Audience] is an expression over facts about people, such as
//
//	"genitore" in who and "teatro" in wants and not (place == "fuori-comune") and age >= 18
//
// which is compiled to SQL ([People.Where]) and to a predicate ([Audience.Match]) that agree.
//
// Promises:
//   - An address belongs to one person. One that is not confirmed gives way to whoever proves that it is hers.
//   - Nobody signs up for another: until the mailbox answered, a sign-up is no person and nothing shows it; and no
//     answer of this package tells a visitor whether an address is known.
//   - Consent is never assumed: each row of the ledger says which wording, how, when, by whom and with what proof. Rows
//     are added and ended, never changed. Under 14 nobody consents for herself (D.Lgs. 196/2003, art. 2-quinquies): judged
//     on the day of the consent, by the birth date that is known when it is looked at. A parent may; that stands as it is.
//   - Who keeps something upon a consent is told, in the same transaction, that it has ended ([People.PlugWithdrawn]).
//   - An import fills gaps. It never overwrites what is there, never fills what the person herself left empty, and never
//     revives a consent that ended after the import's own date. Importing a file twice changes nothing the second time.
//   - Age is never overstated: of a bare year its last day is kept.
//   - Logic over facts is two-valued: a comparison with something unknown is false, and its negation true.
//   - Export gives all that every room keeps of a person; Erase leaves nothing of it.
//   - Each person has a secret random key, from which the noise of published counts is drawn (package disclosure).
//   - A count is what the database says when it is asked, whether a server's index in memory answers ([People.KeepIndex])
//     or the database itself. To whom something is sent is never asked of the index.
//
// Tables: people_person, people_address, people_who, people_wants, people_consent, people_consent_text, people_signup,
// people_change.
// Facts published: the views people_profile, people_reachable and people_consenting; the tables people_who and
// people_wants may be read.
//
// The sub-package index finds people by facts in memory; csvtext reads the CSV files of the real world; db is generated
// from queries.
package people
