// Package demo invents a town: Borgo Panaro, with newsrooms, newsletters, people, some months of past issues and a
// draft ready to send.
//
// Everything comes from a fixed seed: the same seed and day give the same town, byte for byte. The package only makes
// data in the forms that a real town has (town.yaml, a CSV of people, issues in Markdown), so that the demonstration
// uses the same commands.
//
// Promise: nothing made here can reach anybody. E-mail addresses and links use domains reserved for examples (RFC 2606,
// RFC 6761). Italy reserves no mobile numbers for fiction: ours are +39 310 0nnnnnn, which look like mobile numbers but
// are in a block, 310, that no operator has. Text messages go to a gateway that connects to nothing.
//
// The package has no tables and publishes no facts.
package demo
