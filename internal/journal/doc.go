// Package journal remembers, outside the database, what was taken away: who was erased, who left a newsletter, withdrew a
// consent, paused or stopped a channel. When an older copy of the database is put back, all of that is done again.
//
// Nouns: an entry is what one transaction took from one person. A [Fact] is one thing that was taken, or that she took
// back. A [Missing] is what the files have and the database has not.
//
// Promises:
//   - The entry of a deed is on disk before the deed is committed. When the deed does not happen, the entry says so, or
//     is known by the database not to have happened: it takes nothing from anybody.
//   - The files name nobody. Of a person they hold a keyed hash of her number, of a fact its sealed text. Both need the
//     town's secret, which is not in the database; a file or a copy of the database alone tells nothing.
//   - The files are kept for as long as a copy may be put back, and no longer.
//
// Files: a day's file for each machine in the folder journal of the data folder, which only ever grows. Each line begins
// with the entry's number. "+" begins an entry, "=" says that its deed was committed, "-" that it was not.
//
// Tables: journal_entry, the numbers of the entries whose deeds the database has. So entries that are newer than a copy
// are those that the copy does not have, whatever the clocks say.
package journal
