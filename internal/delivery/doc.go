// Package delivery takes messages and gets each to its address.
//
// Nouns: a [Batch] is one sending: what an [Origin], such as an issue of a newsletter, sends on one channel. Its
// messages are in the ledger, one row for each person, which is filled in steps. A chunk is a range of these rows that
// one worker takes at a time. A [Letter] is the opened content of a batch: it knows at the time of sending who still
// wants it and at which address. A [Note] is a single message: a confirmation, a link.
//
// Promises:
//   - A person gets one message of a batch. Enqueueing again adds only missing recipients.
//   - Whichever process dies, and when, nobody is lost: the ledger says which messages are queued. A killed process
//     repeats at most [InFlight] messages, with the same Message-ID.
//   - Consent and the suppression list are checked a few hundred messages before each message is sent.
//   - An origin may defer a person at the last moment ([Recipient]), to send to her with something else. Its own record
//     of that and the message's final state are written in one transaction.
//   - A person who changes her channel before her message leaves moves from one batch to the other in one transaction.
//     Her message is always in one of them (join.go).
//   - A permanent refusal by a server is final. A temporary one is retried on a schedule that grows and survives
//     restarts (schedule.go). While our own relay is down no tries are counted.
//   - A return, by mail or in the receipt of a text message, is recorded once for a message and a kind. It suppresses
//     the address that the message went to, in whatever order notices arrive (back.go, sms_back.go). So does a server
//     or gateway that says at once that the address does not exist. Confirming the address again ends the suppression.
//   - An account with too many returns, or refusals because the address does not exist, is stopped until somebody
//     releases it (brake.go). For every batch one can ask what delays it (delay.go).
//   - Any number of workers on any number of nodes share the work. A chunk is leased by the database's clock. A worker
//     that lost its lease cannot overwrite anything, but what it sent stays sent.
//   - The ledger has no addresses and no texts that a server wrote. A note's address and text are deleted once it is
//     sent.
//   - Some months after a batch was finished its messages become numbers (retention.go), in short steps that may be
//     interrupted anywhere. No number that is shown changes by that, and no person in the batch is known afterwards.
//     The batch is then closed for good: nobody is added and nothing retried. Notes of that age are deleted.
//
// Text messages go the same way as mail, by the same rules (channel.go). Their receipts are kept beside the ledger, and
// a person who writes STOP gets no more (sms_back.go). What people write is not kept.
//
// Tables: delivery_batch, delivery_chunk, delivery_message (the ledger), delivery_suppression, delivery_return
// (returns), delivery_total (numbers of folded batches), delivery_brake, delivery_folding (the time of folding),
// delivery_hold and delivery_beat (restored copies), delivery_note, delivery_sms_part (receipts), delivery_sms_answer
// (who was answered today).
//
// Facts published: the views delivery_facts (a row for each message in the ledger) and delivery_counts (numbers of each
// batch, to be summed, whether its messages are in the ledger or not).
package delivery
