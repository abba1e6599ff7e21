// Package csvtext reads delimited text as offices write it: separated by comma, semicolon or tab; in UTF-8 or UTF-16,
// with or without a byte order mark, in Windows-1252, or in the code pages of DOS and old Macs; with any line endings,
// line breaks in quoted cells, and a title above the header.
//
// It streams; memory is bounded by the longest row accepted (MaxRow). A row that cannot be split is a [RowError], and
// reading continues with the next row. What makes the rest of the file unreadable is a fault with a key people.csv.*;
// its words are kept with those of people.
package csvtext
