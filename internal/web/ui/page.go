package ui

import (
	"context"
	"time"

	"github.com/a-h/templ"
)

// Page is what a page says about itself to the layout around it.
type Page struct {
	// Title is the page's only h1 and begins the browser's title.
	Title string
	// OwnH1 leaves the h1 to the page's content; Title then only names the browser's tab.
	OwnH1 bool
	// Lead is a sentence or two under the h1.
	Lead string
	// Description is for search engines; empty means Lead.
	Description string
	// Breadcrumb leads from the home page to the parent of this page; the page itself is added.
	Breadcrumb []Link
	// Active is the Key of the menu entry this page belongs to.
	Active string
	// Notices are told above the h1, once.
	Notices []Notice
	// Actions stand beside the h1: buttons and links.
	Actions templ.Component
	// Private asks search engines to keep the page out, and browsers not to send its address to other sites.
	Private bool
	// Hero sets title, lead and actions large on a band of colour; for the home page of the Site.
	Hero bool
	// Narrow keeps the content to a column that reads well; for forms and texts.
	Narrow bool
}

// Link is a labelled address: in menus, breadcrumbs, tabs.
type Link struct {
	// Key is compared with Page.Active.
	Key string
	// Label is what is read.
	Label string
	// URL is complete, with the language's prefix.
	URL string
	// Icon is one of the sprite's, or empty.
	Icon string
	// Element is the data-element by which the public validator of municipal sites finds the link, or empty.
	Element string
}

// Section is a group of a menu; its Label may be empty.
type Section struct {
	Label string
	Links []Link
}

// Language is one entry of the language switch.
type Language struct {
	// Code is the BCP 47 tag, Name the language's name in itself, URL this same page in that language.
	Code, Name, URL string
}

// Staff is who is signed in to the office.
type Staff struct {
	// ID is the account's.
	ID int64
	// Name is shown beside the sign-out button, Role under it.
	Name, Role string
	// Account is the address of the person's own settings, or empty.
	Account string
}

// Frame is what all pages of a request share.
type Frame struct {
	// Town is the name of the administration, "Comune di Borgo"; Tagline a line under it.
	Town, Tagline string
	// Authority is the administration above, in the slim bar ("Regione Emilia-Romagna"), with its address.
	Authority, AuthorityURL string
	// Menu is the citizens' main menu; OfficeMenu the staff's.
	Menu       []Link
	OfficeMenu []Section
	// Languages are all of them, the current one included; fewer than two hide the switch.
	Languages []Language
	// Home and OfficeHome are where the town's name leads.
	Home, OfficeHome string
	// Personal is the citizen's own page, or how to get the link to it; empty hides it.
	Personal string
	// Staff is nil where nobody is signed in; SignOut takes a POST.
	Staff   *Staff
	SignOut string
	// Accessibility, Privacy and Legal are the declarations the law wants in the footer; empty ones are left out.
	Accessibility, Privacy, Legal string
	// Office is the staff's entrance, in the footer; empty hides it.
	Office string
	// Contacts are lines about how to reach the office behind the site.
	Contacts []string
	// Zone is the town's time zone; nil means UTC.
	Zone *time.Location
}

type frameKey struct{}

// WithFrame returns a context whose pages share f.
func WithFrame(ctx context.Context, f Frame) context.Context {
	return context.WithValue(ctx, frameKey{}, f)
}

// FrameOf is the context's frame, empty when none was set.
func FrameOf(ctx context.Context) Frame {
	f, _ := ctx.Value(frameKey{}).(Frame)
	return f
}

// Tone is what a notice, badge or button is about; it chooses colour and icon.
type Tone string

// The tones. The zero value is neutral.
const (
	Neutral Tone = ""
	Info    Tone = "info"
	Success Tone = "success"
	Warning Tone = "warning"
	Danger  Tone = "danger"
)

// Notice is something the page tells before all else: what was done, or what went wrong.
type Notice struct {
	Tone Tone
	// Title may be empty; Text is plain.
	Title, Text string
}
