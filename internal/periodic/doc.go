// Package periodic runs recurring tasks, each once, on whichever node is alive.
//
// Nouns: a [Task] is work that is due by the clock; a slot is one of the times at which it is due.
//
// Promises:
//   - One node runs a slot, and holds the task by a lease on the database's clock meanwhile. If that node dies, another
//     one runs the slot: a task must tolerate being run again from the start.
//   - Slots that were missed because no node was alive are run later: the last of them, or each.
//   - A task that fails is tried again after growing waits; the other tasks do not wait for it.
//   - A clock that is set back repeats nothing.
//
// Tables: periodic_task.
package periodic
