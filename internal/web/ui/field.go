package ui

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/a-h/templ"
)

// Field is one question of a form. Only Name and Label are needed.
type Field struct {
	// Name is the form value's name; ID defaults to "f-"+Name and is where the error summary leads.
	Name, ID string
	// Label asks; Help explains before the answer; Error says what is wrong with it and how to mend it.
	Label, Help, Error string
	// Value is the answer so far.
	Value string
	// Type is the input's type: text when empty, email, tel, date, datetime-local, number, password, search, url, file.
	Type string
	// Checked is for a Checkbox alone; its submitted value is Value, or "1".
	Checked bool
	// Required announces that an answer is needed; Optional says in the label that none is.
	Required, Optional bool
	// ReadOnly shows an answer that may be copied, not changed.
	ReadOnly bool
	// HideLabel keeps the label for screen readers only; for search boxes whose button says it all.
	HideLabel bool
	// Autocomplete is the HTML token by which the browser fills the field in ("email", "given-name"); WCAG 1.3.5.
	Autocomplete string
	// Inputmode chooses the keyboard of a phone: "numeric", "email"…
	Inputmode string
	// Min, Max and Step limit dates and numbers; MaxLength texts; Rows is a textarea's height, 5 when 0.
	Min, Max, Step  string
	MaxLength, Rows int
	// Short makes the box as wide as a date or a number; Code sets it in a typewriter's letters.
	Short, Code bool
	// Attrs are further attributes of the input, data- ones mostly.
	Attrs templ.Attributes
}

// Option is one answer of a Select, Radios or Checkboxes.
type Option struct {
	Value, Label string
	// Help explains the answer; not shown by Select.
	Help string
	// Group gathers consecutive options of a Select under a heading.
	Group string
	// Selected marks it chosen; for Select and Radios, Field.Value does it too.
	Selected, Disabled bool
}

// Problem is a line of the error summary: what is wrong, and the ID of the field where it is mended ("" for none).
type Problem struct {
	FieldID, Text string
}

// Problems gathers the errors of the fields, for ErrorSummary.
func Problems(fields ...Field) []Problem {
	var found []Problem
	for _, f := range fields {
		if f.Error != "" {
			found = append(found, Problem{FieldID: f.id(), Text: f.Error})
		}
	}
	return found
}

func (f Field) id() string {
	if f.ID != "" {
		return f.ID
	}
	return "f-" + f.Name
}

func (f Field) helpID() string  { return f.id() + "-help" }
func (f Field) errorID() string { return f.id() + "-error" }

// describedBy names the elements that explain the field, in the order they are read.
func (f Field) describedBy() string {
	var ids []string
	if f.Help != "" {
		ids = append(ids, f.helpID())
	}
	if f.Error != "" {
		ids = append(ids, f.errorID())
	}
	return strings.Join(ids, " ")
}

// common is the attributes that every kind of control has.
func (f Field) common(class string) templ.Attributes {
	a := templ.Attributes{"id": f.id(), "name": f.Name}
	if f.Code {
		class += " font-monospace"
	}
	if f.Short {
		class += " field-short"
	}
	if f.Error != "" {
		class += " is-invalid"
		a["aria-invalid"] = "true"
	}
	if class = strings.TrimSpace(class); class != "" {
		a["class"] = class
	}
	setIf(a, "aria-describedby", f.describedBy())
	setIf(a, "autocomplete", f.Autocomplete)
	setIf(a, "inputmode", f.Inputmode)
	if f.Required {
		a["required"] = true
	}
	if f.ReadOnly {
		a["readonly"] = true
	}
	if f.MaxLength > 0 {
		a["maxlength"] = strconv.Itoa(f.MaxLength)
	}
	for k, v := range f.Attrs {
		a[k] = v
	}
	return a
}

// input is the attributes of an <input> that is written in.
func (f Field) input() templ.Attributes {
	a := f.common("form-control")
	a["type"] = cmp.Or(f.Type, "text")
	if f.Type != "file" && f.Type != "password" { // neither is ever sent back to the browser
		setIf(a, "value", f.Value)
	}
	setIf(a, "min", f.Min)
	setIf(a, "max", f.Max)
	setIf(a, "step", f.Step)
	return a
}

func (f Field) textarea() templ.Attributes {
	a := f.common("form-control")
	a["rows"] = strconv.Itoa(cmp.Or(f.Rows, 5))
	return a
}

// checkbox is the attributes of a checkbox that stands alone.
func (f Field) checkbox() templ.Attributes {
	a := f.common("")
	a["type"] = "checkbox"
	a["value"] = cmp.Or(f.Value, "1")
	if f.Checked {
		a["checked"] = true
	}
	return a
}

// choice is the attributes of the i-th radio button or checkbox of a group.
func (f Field) choice(kind string, i int, o Option) templ.Attributes {
	id := f.choiceID(i)
	a := templ.Attributes{"id": id, "name": f.Name, "type": kind, "value": o.Value}
	if o.Selected || kind == "radio" && o.Value == f.Value && f.Value != "" {
		a["checked"] = true
	}
	if o.Disabled {
		a["disabled"] = true
	}
	if o.Help != "" {
		a["aria-describedby"] = id + "-hint"
	}
	for k, v := range f.Attrs {
		a[k] = v
	}
	return a
}

// choiceID is the group's own id for the first choice, so that the error summary leads to something that takes focus.
func (f Field) choiceID(i int) string {
	if i == 0 {
		return f.id()
	}
	return f.id() + "-" + strconv.Itoa(i)
}

// group is the attributes of the fieldset around choices.
func (f Field) group() templ.Attributes {
	a := templ.Attributes{"class": "field"}
	setIf(a, "aria-describedby", f.describedBy())
	if f.Error != "" {
		a["class"] = "field field-wrong"
	}
	return a
}

func (f Field) chosen(o Option) bool {
	return o.Selected || o.Value == f.Value && f.Value != ""
}

// optionGroups cuts options where their Group changes.
func optionGroups(options []Option) [][]Option {
	var groups [][]Option
	for i, o := range options {
		if i == 0 || o.Group != options[i-1].Group {
			groups = append(groups, nil)
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], o)
	}
	return groups
}

func setIf(a templ.Attributes, name, value string) {
	if value != "" {
		a[name] = value
	}
}

func readOnly(f Field) Field {
	f.ReadOnly = true
	return f
}
