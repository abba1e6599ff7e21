// Package csvtext reads delimited text as offices really have it: separated by comma, semicolon or tab; in UTF-8, with
// or without a byte order mark, or in Windows-1252; with quoted cells that hold line breaks.
//
// It streams, in memory bounded by the longest row taken (MaxRow). A row that cannot be split is told alone, as a
// [RowError], and reading goes on with the next; what makes the rest of the file unreadable is a fault with a key
// people.csv.*, kept with the words of people.
package csvtext
