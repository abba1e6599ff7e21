// Package delivery takes messages over the counter and gets each to its address.
//
// Nouns: a Batch is one sending: what an [Origin] (an issue of a newsletter, say) has to tell, over one channel. Its
// messages stand in the ledger, one row for each person, which is filled in steps; a chunk is a stretch of them that one
// worker takes at a time.
// A [Letter] is what an origin says, opened: it knows, at the moment of sending, who still wants it and at which
// address. A [Note] is a single mail: a confirmation, a link.
//
// Promises:
//   - A person who is in a batch twice gets one message; enqueueing again adds only who was missing.
//   - Whatever dies, and whenever, nobody is lost: the ledger says who is owed something. At most [InFlight] messages
//     of a process that is killed are sent again, with the same Message-ID.
//   - Consent is asked for again, and the suppression list is read, a few hundred messages before each is sent.
//   - An origin may put somebody aside at the last moment ([Recipient]), to give it to her with something else: its own
//     record of that and the message's end, kept, are written together.
//   - Who changes her channel before her turn comes is parted from one batch and joins the other in one transaction: her
//     message is owed in one of them, whoever dies when (join.go).
//   - What a server refuses for ever is refused; what it puts off is tried again on a schedule that grows and survives
//     restarts (see schedule.go); while our own relay is down nothing is counted against anybody.
//   - What comes back, by mail or in the receipt of a text message, is on record once for a message and a kind, and
//     suppresses the address that the message went to, in whatever order notices come (back.go, sms_back.go). So does a
//     server or a gateway that says at once that nobody has it. Who confirms her address again lifts that.
//   - An account to which too much came back, or was refused because nobody has the address, stands still until somebody
//     lets it go (brake.go). Of every batch it can be told what holds it up (delay.go).
//   - Any number of workers on any number of nodes share the work. A chunk is leased by the database's clock; a worker
//     that lost its lease cannot overwrite anything, but what it sent stays sent.
//   - No address stands in the ledger, nor any text that a server wrote. A note's address and text are erased once it
//     is sent.
//   - So many months after a batch was finished its messages become numbers (retention.go), in short steps that may be cut
//     off anywhere: no number that is shown of it ever changes by that, and nobody is known to be in it any more. It is
//     closed for good then: nobody is added, nothing is tried again. Notes of that age are deleted.
//
// Text messages go the same way as mail, by the same rules (channel.go): their receipts stand beside the ledger, and who
// writes STOP gets none any more (sms_back.go). What people write is not kept.
//
// Tables: delivery_batch, delivery_chunk, delivery_message (the ledger), delivery_suppression, delivery_return (what came
// back), delivery_total (numbers of folded batches), delivery_brake, delivery_folding (how far
// folding believes that time has come), delivery_note, delivery_sms_part (receipts),
// delivery_sms_answer (who was answered today).
// Facts published: the views delivery_facts (a row for each message that the ledger holds) and delivery_counts (numbers of
// each batch, to be summed, whether it holds them or not).
package delivery
