// Package town keeps what the town says of itself: its name, domain, languages, time zone and region, and when it writes
// to those who want several issues in one mail.
//
// Table: town_town, one row. Before `unoxuno town apply` has declared a town there is a nameless one, so that every
// page works from the first start. The room keeps nothing about people.
package town
