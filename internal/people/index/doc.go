// Package index counts people by facts without asking a database. For each value of each fact it keeps the set of
// people who have it as a compressed bitmap (https://roaringbitmap.org), and it keeps dates in columns. People are
// numbered from 0 in the order in which they are added.
//
// Nouns: an [Index] is filled with [Person]s and [Fact]s and returns [Set]s of people, which can be joined, intersected
// and counted. A [Block] is a range of identifiers. When people change, their blocks are removed and read again.
//
// The package knows neither SQL nor the language of audiences; package people fills and queries it. A million people
// with some ten facts each take about thirty megabytes.
// ten facts each take about thirty megabytes.
package index
