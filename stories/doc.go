// Package stories tells, in scripts that an official could read, what the program does for a town. Each *.txtar file
// is a story; the test runs it with the whole program, on SQLite and on PostgreSQL.
//
// A story's files (town.yaml, people.csv, issue.md) stand at its end; where it brings none of that name, it finds
// those of the folder town. Besides testscript's own words (exec, stdout, stderr, cmp, grep, cp …) a story knows:
//
//	unoxuno ARGS…                    the program; «! unoxuno» where it must fail
//	exits CODE COMMAND…              the command ends with that exit code
//	json PATH VALUE                  what was printed is one JSON object, and holds the value there: json reachable.email 4
//	clock TIME | +DURATION           sets the program's time: clock 2026-11-23T09:00:00Z, clock +5m
//	relay                            starts a mail server that takes every mail, and tells the program of it
//	relay down | up                  the mail server goes away; it comes back
//	relay refuses ADDRESS            it refuses that recipient for ever (550)
//	relay busy ADDRESS N             it puts that recipient off (451) the next N times
//	tried ADDRESS N                  waits until the relay was asked N times to take a mail for that address
//	mails N | mails ADDRESS N        so many mails came, in all or for that address
//	arrive N                         waits until so many mails came in all
//	mail ADDRESS WHERE PATTERN       the last mail to that address matches; WHERE is text, html or the name of a header
//	link ADDRESS PATTERN NAME        keeps what the pattern finds in the text of the last mail in the variable NAME
//	serve | serve stop               starts the site in the background, at $URL; stops it (SIGTERM)
//	get PATH STATUS                  asks the site for a page, which is kept in the file page
//	post PATH STATUS [NAME=VALUE…]   sends a form
//	keep FILE PATTERN NAME           keeps what the pattern finds in a file (page, stdout) in the variable NAME
//	mend FILE OLD NEW                replaces text in a file, as its author would
//	comesback ADDRESS WHAT [CODE]    the relay brings back, over LMTP, what became of the last mail to that address: hard,
//	                                 full, complaint, away, letter, unsubscribe or forged; the program answers with the code
//	windows1252 FILE                 saves a file as an old spreadsheet does
//	sql STATEMENT                    changes the database behind the program's back
//
// No story waits for time to pass: the clock is set, and what happens in the background is awaited.
package stories
