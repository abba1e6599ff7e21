// Package periodic does what is to be done again and again, once, whichever node is alive.
//
// Nouns: a [Task] is work that falls due by the clock; a slot is one of the times at which it does.
//
// Promises:
//   - A slot is worked off by one node, which holds the task by a lease of the database's clock while it works. When that
//     node dies another takes the slot up: what a task does must bear being done again from the start.
//   - Slots that fell into a time when no node was alive are made up for when one is again: the last of them, or each.
//   - A task that fails is tried again, after waits that grow; the other tasks do not wait for it.
//   - A clock that is put back repeats nothing.
//
// Tables: periodic_task.
package periodic
