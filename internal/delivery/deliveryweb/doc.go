// Package deliveryweb takes what gateways of text messages bring over HTTP: delivery receipts, and what people wrote.
//
// The addresses hold a token that only the town's gateway is told; `unoxuno doctor` prints them. Gateways call some of
// them with GET, as Kannel does: these change the ledger, which is against the rule of this house and without harm, for
// nobody can guess the token and a receipt that is told twice changes nothing.
package deliveryweb
