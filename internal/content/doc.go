// Package content has the blocks of an issue and renders them.
//
// An issue's body is a list of blocks: heading, text in restricted Markdown, image, event, link button, divider. The
// blocks are rendered in three forms: the e-mail in HTML and its plain text (Compile), and a fragment of a web page
// (HTML) for the archive and the preview. Blocks can also be read from a Markdown file (ParseMarkdown) and written to
// one (Markdown).
//
// An issue is compiled once for all recipients. What differs between them is a few holes (her name, why she gets it,
// her own page, the unsubscribe link), which Template.Fill fills at little more than the cost of copying the bytes.
//
// No word of an editor is ever dropped: it appears in all three forms, or the text is refused with the line of what
// cannot be shown.
//
// The package is pure: the same input gives the same bytes, without clock, database or network. Whatever an editor
// writes, the output has no script, no URL except http, https, mailto and tel, one h1, an alternative text for every
// image, and nothing that loads from another host: images are uploaded ones.
//
// The e-mail's HTML is designed in MJML (folder mjml) and compiled at build time to the Go templates in folder email,
// which are committed: after changing a *.mjml run "node internal/content/mjml/build.mjs". MJML's elements are our own
// (light.mjs): one table and one style sheet for a page of one column, some 2 kB around the text.
//
// Package newsletters stores blocks as JSON. This package has no tables and publishes no facts.
package content
