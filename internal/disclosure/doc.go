// Package disclosure is the one rule for numbers about people: what of them may be shown, and to whom.
//
// Nouns: a [Figure] is a number as its reader may know it: exact, about, fewer than a floor, a band, or not shown. It
// writes itself in pages, JSON and CSV, and gives its number to nobody who has not asked whether there is one. A [Cell]
// is a set of people, counted. An [Asker] is who wants to know. A [Question] is what she wants counted.
//
// The rule:
//   - Below the [Floor], or the [SensitiveFloor] where anything sensitive is asked, only "fewer than 5" is shown. Zero
//     looks like one to four.
//   - What somebody thought up, an audience, is counted with noise ([Noise]): standard deviation 5, rounded to 5. It is
//     drawn from the secret random keys of those counted and from the form of the question, so that asking again shows
//     the same, and two questions are not told apart by showing the same. See docs/adr/0017.
//   - Sixty different figures a day and account ([Room.Ask]); beyond that bands. What was asked before that day is free.
//     Every figure is in the audit log, and many that hardly differ raise an alert there.
//   - A table of counts hides a second cell, or the total, where a subtraction would give back what is hidden ([Protect]).
//   - A number that is looked at again and again moves only when a few people have come or gone ([Room.Settled]).
//   - Who may see exact figures (administrators, the command line) does; what they ask is audited. What readers of an
//     issue did is exact to nobody below the floor.
//
// Tables: disclosure_day and disclosure_asked (what an account asked today and yesterday), disclosure_settled.
package disclosure
