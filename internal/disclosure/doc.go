// Package disclosure decides which numbers about people may be shown, and to whom. It is the only place that decides.
//
// Nouns: a [Figure] is a number as its reader may know it: exact, approximate, fewer than a floor, a band, or not
// shown. It renders itself in pages, JSON and CSV. A [Cell] is a counted set of people. A [Question] asks for counts of
// such sets.
//
// The rule:
//   - Below the [Floor], or the [SensitiveFloor] where anything sensitive is asked, only "fewer than 5" is shown. Zero
//     looks like one to four.
//   - Counts of an audience that an editor typed carry noise ([Noise]) with standard deviation 5, rounded to 5. The
//     noise is drawn from the secret random keys of the people counted and from the form of the question. So the same
//     question always shows the same figure, and two questions about the same people do not reveal that by showing the
//     same figure. See docs/adr/0017.
//   - An account gets sixty different figures a day ([Room.Ask]), then only bands. A figure that was asked for earlier
//     that day is free. Every figure is in the audit log. Many figures that hardly differ raise an alarm there.
//   - A table hides a second cell, or the total, where a subtraction would reveal a hidden cell ([Protect]).
//   - A number that is viewed again and again changes only after several people have come or gone ([Room.Settled]).
//   - Administrators and the command line see exact figures, and their questions are audited. What readers of an issue
//     did is exact to nobody below the floor.
//
// Tables: disclosure_day and disclosure_asked (what an account asked today and yesterday), disclosure_settled.
package disclosure
