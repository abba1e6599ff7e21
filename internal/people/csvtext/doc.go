// Package csvtext reads delimited text as offices really have it: separated by comma, semicolon or tab; in UTF-8 or
// UTF-16, with or without a byte order mark, in Windows-1252, in the code page of DOS or of old Macs; with lines that end
// in any way, with quoted cells that hold line breaks, with a title above the header.
//
// It streams, in memory bounded by the longest row taken (MaxRow). A row that cannot be split is told alone, as a
// [RowError], and reading goes on with the next; what makes the rest of the file unreadable is a fault with a key
// people.csv.*, kept with the words of people.
package csvtext
