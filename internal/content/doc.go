// Package content holds the pieces that an issue is made of, and turns them into what people read.
//
// An issue's body is a list of blocks: heading, text in restricted Markdown, image, event, link button, divider.
// From the same blocks come three readings: the e-mail in HTML (Compile), its twin in plain text (Compile), and a
// fragment of a web page (HTML) for the archive and the preview. A list of blocks is also read from a Markdown file
// (ParseMarkdown) and written back to one (Markdown).
//
// An issue is compiled once for all who get it. What differs from person to person are a few holes (her name, why she
// gets it, her own page, the way out), which Template.Fill fills at little more than the cost of copying the bytes.
//
// No word that an editor wrote is ever dropped: each comes out in all three readings, or the text is refused with the line
// of what cannot be shown.
//
// The package is pure: the same input gives the same bytes, with no clock, no database and no network. It promises
// that whatever an editor writes, the output holds no script, no address but http, https, mailto and tel, one h1, a
// text for every image, and nothing that loads from another host: images are those that were uploaded.
//
// The e-mail's HTML is designed in MJML (folder mjml) and turned at build time into the Go templates of folder email,
// which are committed: after changing a *.mjml run "node internal/content/mjml/build.mjs". What MJML's elements become is
// our own (light.mjs): one table and one style sheet for a whole page of one column, some 2 kB around what is written.
//
// Blocks are kept by whoever owns them (newsletters) as JSON; this package has no tables and publishes no facts.
package content
