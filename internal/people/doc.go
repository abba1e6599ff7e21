// Package people keeps the people that the town has a relation with: who they are, how to reach them, what they agreed
// to. It also has the language in which an audience is described.
//
// Nouns: a [Person] is a citizen or an organisation, resident or not. She has [Address]es, each on one [Channel] and
// confirmed or not, [Details] that she declared, and a ledger of [Consent]s, each for one [Purpose]. A [Draft] is a
// sign-up that waits for confirmation. An [Audience] is an expression over facts about people, such as
//
//	"genitore" in who and "teatro" in wants and not (place == "fuori-comune") and age >= 18
//
// It is compiled to SQL ([People.Where]) and to a predicate ([Audience.Match]) that agree.
//
// Promises:
//   - An address belongs to one person. Somebody who proves that an unconfirmed address is hers takes it over.
//   - Nobody signs up for another. Until its address is confirmed a sign-up is no person and nothing shows it. No
//     answer of this package tells a visitor whether an address is known.
//   - Consent is never assumed. Each row of the ledger records wording, source, time, actor and proof. Rows are added
//     and ended, never changed. Below 14 nobody consents for herself (D.Lgs. 196/2003, art. 2-quinquies); the age is
//     that on the day of the consent, by the birth date known now. A parent's consent counts.
//   - A room that stores data on the basis of a consent is told, in the same transaction, when it ends
//     ([People.PlugWithdrawn]).
//   - An import fills gaps. It never overwrites existing data, never fills what the person herself left empty, and
//     never renews a consent that ended after the import's own date. Importing a file again changes nothing.
//   - Age is never overstated: if only the year of birth is known, its last day counts.
//   - Logic over facts is two-valued: a comparison with something unknown is false, and its negation true.
//   - Export returns everything that any room keeps of a person. Erase leaves nothing of it.
//   - Each person has a secret random key, from which the noise of published counts is drawn (package disclosure).
//   - A count is the same whether the in-memory index of a server answers ([People.KeepIndex]) or the database.
//     Recipients are never read from the index.
//
// Tables: people_person, people_address, people_who, people_wants, people_consent, people_consent_text, people_signup,
// people_change, people_entry, people_session, people_asked, people_guess.
//
// Facts published: the views people_profile,
// people_reachable, people_preferred and people_consenting; the tables people_who and people_wants may be read.
//
// The sub-package index finds people by facts in memory. csvtext reads CSV files as they occur in practice. db is
// generated from queries.
package people
