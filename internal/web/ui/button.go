package ui

import "github.com/a-h/templ"

// Kind is how much a button asks to be pressed.
type Kind string

// The kinds of button. A page has one Primary at most.
const (
	Primary   Kind = "btn-primary"
	Secondary Kind = "btn-outline-primary"
	Dangerous Kind = "btn-danger"
	Quiet     Kind = "btn-link"
)

// Button is something to press: Submit, LinkButton or PostButton.
type Button struct {
	// Label says what happens, beginning with a verb.
	Label string
	// Kind is Primary when empty.
	Kind Kind
	// Icon is one of the sprite's, or empty; HideLabel leaves it alone, with the label for screen readers.
	Icon      string
	HideLabel bool
	// Name and Value are submitted when this button is the one pressed.
	Name, Value string
	// URL is where a LinkButton leads, or where Submit sends the form instead of its action.
	URL string
	// Form is the ID of the form that a button outside it sends.
	Form string
	// Confirm is asked before the action where scripts run; without them a dangerous action needs its own Confirm page.
	Confirm string
	// Small is for rows of tables.
	Small bool
	// Attrs are further attributes, data- ones mostly.
	Attrs templ.Attributes
}

func (b Button) class() string {
	kind := b.Kind
	if kind == "" {
		kind = Primary
	}
	class := "btn " + string(kind)
	if b.Small {
		class += " btn-xs"
	}
	if b.Icon != "" {
		class += " btn-icon"
	}
	return class
}

func (b Button) attrs(kind string) templ.Attributes {
	a := templ.Attributes{"class": b.class(), "type": kind}
	setIf(a, "name", b.Name)
	if b.Name != "" {
		a["value"] = b.Value
	}
	setIf(a, "formaction", b.URL)
	setIf(a, "form", b.Form)
	setIf(a, "data-confirm", b.Confirm)
	for k, v := range b.Attrs {
		a[k] = v
	}
	return a
}

func (b Button) linkAttrs() templ.Attributes {
	a := templ.Attributes{"class": b.class(), "href": string(templ.URL(b.URL))}
	for k, v := range b.Attrs {
		a[k] = v
	}
	return a
}

func (f FormSpec) attrs() templ.Attributes {
	a := templ.Attributes{"method": "post", "action": string(templ.URL(f.Action)), "class": "form", "novalidate": true}
	setIf(a, "id", f.ID)
	if f.Get {
		a["method"] = "get"
		a["role"] = "search"
	}
	if f.Upload {
		a["enctype"] = "multipart/form-data"
	}
	if f.Inline {
		a["class"] = "form form-inline"
	}
	if f.Autosave {
		a["data-autosave"] = true
	}
	if f.Guard {
		a["data-guard"] = true
	}
	return a
}
