// Package storage opens the town's database, SQLite or PostgreSQL, brings its schema up to date and lends
// transactions.
//
// One SQL text runs on both engines. It is written in PostgreSQL's dialect, with placeholders $1…$n; for SQLite they
// are rewritten to ?1…?n. What really differs (row locks, the database's clock) stands in engine.go, and bulk loading in
// bulk.go, and nowhere else.
//
// Promises:
//   - DB.Tx commits everything its function did, or nothing; a function that returns an error or panics leaves no trace.
//   - On SQLite one transaction writes at a time and readers never wait for it (WAL); each commit is on disk before
//     Tx returns (synchronous=FULL).
//   - Processes that write to one SQLite file take turns: whoever waits is next when a transaction ends. A turn that does
//     not come within twenty seconds is the fault storage.busy, of kind Unavailable.
//   - Fill writes into empty tables without their indexes, in one transaction that builds them: nobody sees the tables
//     without, and an accident leaves the database as it was. It is not done while a process attends (Attend).
//   - What is tried out in a Scratch database leaves no trace in the town's.
//   - Questions and transactions have pools of their own, and a transaction asks through its Tx alone: no number of
//     transactions that wait for each other can hang the program. Tests refuse whatever breaks this (RefuseNested).
//   - Migrate may be called by several processes at once; each step runs once. A database that is newer than the
//     program is refused and left untouched.
//
// Times are UTC unix milliseconds, identifiers are made by NewID, zero stands for "unknown" or "never".
package storage
