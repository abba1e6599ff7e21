// Package demo invents a town: Borgo Panaro, its newsrooms and newsletters, its people, some months of past issues and
// a draft ready to send.
//
// Everything comes from a fixed seed: the same seed and the same day give the same town, byte for byte. The package
// only makes data, in the forms in which a real town brings it (town.yaml, a CSV of people, issues in Markdown), so
// that the demonstration goes through the same doors as everybody's data.
//
// Promise: nothing made here can reach anybody. E-mail addresses and links stand under domains reserved for examples
// (RFC 2606, RFC 6761). Italy reserves no mobile numbers for fiction: ours are +39 310 0nnnnnn, of the form of a mobile
// number but in a block, 310, that no operator holds; and text messages go to a gateway that connects to nothing.
//
// The package has no tables and publishes no facts.
package demo
