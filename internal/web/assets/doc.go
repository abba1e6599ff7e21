// Package assets holds the stylesheet, script, fonts and icons of the interface, and serves them.
//
// They are made from src/ and from npm packages by `npm run build` (build.mjs) into dist/, which is not committed,
// and embedded into the program. Each file is served under a name that holds the hash of its content, so a browser
// may keep it for ever: a changed file has a new name. Nothing is loaded from another host.
//
// The program compiles without them; then pages have no look, and every asset's address answers what to do.
package assets
