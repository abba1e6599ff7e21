// Package storage opens the town's database, SQLite or PostgreSQL, migrates its schema and provides transactions.
//
// One SQL text runs on both engines. It is written in PostgreSQL's dialect with placeholders $1…$n, which become ?1…?n
// on SQLite. What differs between the engines (row locks, the database's clock) is in engine.go, and bulk loading in
// bulk.go.
//
// Promises:
//   - DB.Tx commits everything that its function did, or nothing. If the function returns an error or panics, nothing
//     remains.
//   - On SQLite one transaction writes at a time, and readers never wait for it (WAL). A commit is on disk before Tx
//     returns (synchronous=FULL).
//   - Processes that write to one SQLite file take turns: the process that waits is next when a transaction ends. If
//     the turn does not come within twenty seconds, the error is the fault storage.busy of kind Unavailable.
//   - Fill loads empty tables without their indexes and builds the indexes in the same transaction. Nobody sees the
//     tables without them, and after a failure the database is as before. Fill is refused while a server uses the
//     database (Attend).
//   - Work in a Scratch database leaves no trace in the town's database.
//   - Reads and transactions have separate pools, and a transaction uses only its Tx. So transactions that wait for
//     each other cannot block the program. Tests panic on a violation (RefuseNested).
//   - Several processes may call Migrate at once; each step runs once. A database that is newer than the program is
//     refused and left unchanged.
//
// Times are UTC unix milliseconds. Identifiers are made by NewID. Zero stands for "unknown" or "never".
package storage
