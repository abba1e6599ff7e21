package ui

import (
	"strings"

	"github.com/a-h/templ"
)

// menuLink is the attributes of a menu's link: where it leads, and whether it is where the reader is.
func menuLink(l Link, active string) templ.Attributes {
	attrs := templ.Attributes{"class": "nav-link", "href": string(templ.URL(l.URL))}
	if l.Key != "" && l.Key == active {
		attrs["class"] = "nav-link active"
		attrs["aria-current"] = "page"
	}
	if l.Element != "" {
		attrs["data-element"] = l.Element
	}
	return attrs
}

// browserTitle is what a tab and a search result show: the page first, then the site.
func browserTitle(page, site string) string {
	if page == "" || page == site {
		return site
	}
	if site == "" {
		return page
	}
	return page + " – " + site
}

func upper(s string) string { return strings.ToUpper(s) }
