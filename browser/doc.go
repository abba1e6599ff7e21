// Package browser looks at the site with real eyes: its tests start the whole program with a small town, and a
// Chromium, driven by Playwright, goes the ways that citizens and editors go, with JavaScript and without.
//
// Each way is a script of this folder (*.mjs); a Go test starts it and tells it where the town is. On every page that
// is opened the script notes what the console, the content security policy and axe complain of, and whether the page is
// wider than its window. With UNOXUNO_SCREENSHOTS=folder pictures of the pages are kept there, to be looked at.
//
// Where Chromium or the npm packages are missing the tests are skipped and say so, unless UNOXUNO_REQUIRE_BROWSER is
// set: then they fail.
package browser
