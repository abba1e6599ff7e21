// Package journal remembers, outside the database, what must stay done after a restore: who was erased, left a
// newsletter, withdrew a consent, or paused or stopped a channel. When an older copy of the database is restored, all
// of that is done again.
//
// Nouns: an entry is what one transaction took away from one person. A [Fact] is one thing that was taken away, or
// given back at her wish. [Missing] is what the files have and the database has not.
//
// Promises:
//   - An entry is on disk before its transaction commits. If the transaction does not commit, the entry has no effect:
//     the file marks it as undone, or the database does not know it (Settle).
//   - The files name nobody. They hold a keyed hash of the person's number, and the facts encrypted. Both need the
//     town's secret, which is not in the database. Without it neither the files nor the database reveal anything about
//     a person's entries.
//   - The files are kept as long as a copy of the database may be restored, and no longer.
//
// Files: one file a day for each machine, in the folder journal of the data folder. Files are append-only. Each line
// begins with the number of an entry. "+" begins the entry, "=" says that its transaction committed, "-" that it did
// not.
//
// Tables: journal_entry, the numbers of the entries whose transactions this database committed. An entry that a
// restored copy lacks is therefore newer than the copy, whatever the clocks say.
package journal
