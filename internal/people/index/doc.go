// Package index finds how many people some facts are true of without asking a database: for each value of each fact it
// keeps the set of those it is true of, as a compressed bitmap (https://roaringbitmap.org), and it keeps their dates in
// columns. People are numbered from 0 in the order in which they are met.
//
// Nouns: an [Index] is filled with [Person]s and [Fact]s and gives [Set]s of people, which are joined, met and counted.
// A [Block] is a range of people's identifiers, by which those who changed are forgotten before they are read anew.
//
// It knows neither SQL nor the language of audiences; package people fills it and asks it. A million people with some
// ten facts each take about thirty megabytes.
package index
