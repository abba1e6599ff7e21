package peopleweb

import (
	"context"
	"maps"
	"slices"

	"unoxuno/internal/locale"
	"unoxuno/internal/people"
	"unoxuno/internal/web/ui"
)

// field is a question of the sign-up or the profile, with the answer so far and its fault. Its words are
// peopleweb.public.field.<name> and, for an explanation, …_help.
func (v joinView) field(ctx context.Context, name string) ui.Field {
	f := ui.Field{Name: name, Label: say(ctx, "field."+name), Error: v.Errors[name], MaxLength: 120}
	switch name {
	case "who", "wants":
		f.Help, f.MaxLength = say(ctx, "field."+name+"_help"), 0
	case "newsletters":
		f.MaxLength = 0 // the options explain themselves; the explanation of the question comes before it
	case "place":
		f.Help, f.Optional, f.MaxLength, f.Value = say(ctx, "field.place_help"), true, 0, v.Place
	case "birth_date":
		f.Help, f.Optional, f.Short, f.Value, f.MaxLength = say(ctx, "field.birth_date_help"), true, true, v.Birth, 10
		f.Autocomplete = "bday"
	case "language":
		f.MaxLength, f.Value = 0, v.Language
	case "address":
		f.Type, f.Autocomplete, f.Inputmode = "email", "email", "email"
		f.Help, f.Required, f.Value, f.MaxLength = say(ctx, "field.address_help"), !v.Texting, v.Address, 254
	case "mobile":
		f.Type, f.Autocomplete, f.Inputmode = "tel", "tel", "tel"
		f.Help, f.Value, f.MaxLength = say(ctx, "field.mobile_help"), v.Mobile, 40
	case "given_name":
		f.Help, f.Optional, f.Autocomplete, f.Value = say(ctx, "field.given_name_help"), true, "given-name", v.Given
	case "family_name":
		f.Optional, f.Autocomplete, f.Value = true, "family-name", v.Family
	case "organisation":
		f.Optional, f.Autocomplete, f.Value = true, "organization", v.Organisation
	}
	return f
}

// consentField asks for a consent with its full wording and stores the version of it.
func (v joinView) consentField(ctx context.Context, name string, purpose people.Purpose, given bool) ui.Field {
	return ui.Field{
		Name: name, Label: v.wording(ctx, purpose), Checked: given, Error: v.Errors[name],
		Help: say(ctx, "field."+name+"_help", "Version", v.Texts[purpose].Version),
	}
}

func (v joinView) wording(ctx context.Context, purpose people.Purpose) string {
	return v.Texts[purpose].In(locale.Lang(ctx))
}

// problems returns the faults of the current step, linked to their fields, and then those of other steps.
func (v joinView) problems() []ui.Problem {
	var fields []ui.Field
	asked := v.Step.fields()
	for _, name := range asked {
		fields = append(fields, ui.Field{Name: name, Error: v.Errors[name]})
	}
	list := ui.Problems(fields...)
	for _, name := range slices.Sorted(maps.Keys(v.Errors)) {
		if !slices.Contains(asked, name) {
			list = append(list, ui.Problem{Text: v.Errors[name]})
		}
	}
	return list
}

// chosenNames returns the names of the newsletters she chose.
func (v joinView) chosenNames() []string {
	return namesOf(slices.Concat(v.Suggested, v.Others), v.Newsletters)
}
