package main

import (
	"unoxuno/bench/record"
)

// What is wanted of the figures.
const (
	wantedOverSource = 1.2    // of smtp-source's processor time, ledger and database included
	wantedCPU        = 0.06   // seconds per 1,000 messages, ledger and database included
	wantedPeak       = 120    // MB, to a hundred thousand
	wantedPeakLarge  = 160    // MB, to a million
	wantedPipelining = 3.5    // of our own lock-step mode, at 20 ms round trip
	wantedConstancy  = 0.9    // of the rate at a hundred thousand, to a million
	wantedFirst      = 2      // seconds from "send" to the first message leaving
	wantedCount      = 60     // ms, of an audience among a million, p99
	wantedImport     = 25_000 // rows a second on SQLite
	wantedImportPG   = 35_000 // and on PostgreSQL
	wantedImportPeak = 200    // MB
	wantedBeside     = 5_000  // rows a second beside a server
	wantedWait       = 150    // ms, p99 of pages and forms meanwhile
	wantedVisits     = 20_000
	wantedIdle       = 40 // MB
	moderate         = 100_000
)

var (
	wantOverSource = record.AtMost(wantedOverSource)
	wantCPU        = record.AtMost(wantedCPU)
)

// wantPeak is how much memory a sending to that many may hold.
func wantPeak(people int) *record.Wanted {
	if people > moderate {
		return record.AtMost(wantedPeakLarge)
	}
	return record.AtMost(wantedPeak)
}

// wantNodes is how much faster than one node several should be: where nothing but the database binds them, no slower.
func wantNodes(nodes int, far bool) *record.Wanted {
	if !far {
		return record.AtLeast(1)
	}
	if nodes == 2 {
		return record.AtLeast(1.8)
	}
	return record.AtLeast(2.5)
}
