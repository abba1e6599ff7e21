// Package ui holds the parts every page is made of: the two layouts (Site for citizens, Office for the staff), form
// fields, cards, tables, charts, notices. A room's page is a templ component that calls these and writes hardly any
// markup of its own, so that one change here changes every page, and accessibility is solved once.
//
// What a page knows about itself is its Page; what all pages share (town, menus, languages, who is signed in) is the
// Frame, which the web kit puts into the context with WithFrame. Words come from the context's language.
//
// Promises: no inline script or style, so a strict content security policy holds; every part works without
// JavaScript (the script of package assets only adds comfort, driven by data- attributes written here); each field
// has a label, and its help and error are announced with it; colours keep the contrast of WCAG 2.2 AA.
package ui
