package people

import (
	"cmp"
	"slices"
	"strings"

	"unoxuno/internal/clock"
	"unoxuno/internal/fault"
	"unoxuno/internal/people/csvtext"
)

// consent reads the consents of the row and their evidence. A row without date and source is rejected.
func (r *rowReader) consent(row csvtext.Row, e *entry) {
	e.purposes = r.agreed(row)
	// A row may list newsletters without the consent to receive them. The subscription is stored, but nothing is sent
	// without consent, because that is checked before each message.
	e.newsletters = r.list(row, newslettersColumn, &r.newsletters)
	date := cmp.Or(r.cell(row, dateColumn), r.date)
	if date == "" {
		r.bad("consent_date", fault.Invalid("people.import.no_consent_date"))
	} else {
		day, err := r.days.of(date)
		r.bad("consent_date", err)
		r.warned("consent_date", day.warning)
		e.day, e.when = day.day, day.when
	}
	source := cmp.Or(r.cell(row, sourceColumn), r.source)
	if source == "" {
		r.bad("consent_source", fault.Invalid("people.import.no_consent_source"))
	}
	var err error
	e.source, err = r.text.of(source)
	r.bad("consent_source", err)
	r.bad("channel", r.channel(row, e))
}

// agreed returns the purposes that the row agrees to. A yes agrees to the same as an empty cell. But if some cells of
// the column say yes or no, an empty one grants nothing: silence is no consent (GDPR, recital 32).
func (r *rowReader) agreed(row csvtext.Row) []Purpose {
	text := r.cell(row, consentsColumn)
	mark := markOf(text)
	if mark != noMark && !r.marked {
		r.marked = true
		if r.unmarked > 0 {
			r.warn("consents", "people.import.consent_late", "Rows", r.unmarked)
		}
	}
	switch {
	case mark == agrees:
		return r.usual
	case mark == refuses:
		r.bad("consents", fault.Invalid("people.import.refused", "Text", clip(text)))
		return nil
	case text == "" && r.marked:
		r.bad("consents", fault.Invalid("people.import.no_consent"))
		return nil
	case text == "":
		if r.layout.at[consentsColumn] >= 0 {
			r.unmarked++
		}
		return r.usual
	}
	purposes, err := r.purposes.of(text)
	r.bad("consents", err)
	return purposes
}

// mark is a yes or a no.
type mark int

const (
	noMark mark = iota
	agrees
	refuses
)

func markOf(text string) mark {
	const longest = 20 // bytes
	if len(text) > longest {
		return noMark
	}
	switch strings.ToLower(text) {
	case "sì", "si", "si'", "sí", "s", "yes", "y", "1", "x", "true", "vero", "on", "ok", "v", "✓", "✔", "✅", "☑", "acconsento", "accetto", "accettato", "dato":
		return agrees
	case "no", "n", "0", "false", "falso", "off", "non acconsento", "non accetto", "negato", "rifiutato", "☐":
		return refuses
	}
	return noMark
}

func purposesOf(cell string) (purposes []Purpose, err error) {
	var problems fault.Problems
	for text := range parts(cell) {
		purpose := Purpose(strings.ToLower(text))
		switch purpose {
		case "profilo":
			purpose = ForProfile
		case "lettura":
			purpose = ForReading
		}
		if !slices.Contains(Purposes(), purpose) {
			_ = problems.Add("", fault.Invalid("people.consent.purpose", "Text", clip(text))) // a fault
		} else if !slices.Contains(purposes, purpose) {
			purposes = append(purposes, purpose)
		}
	}
	return purposes, problems.Err()
}

// consentDay reads the day of a consent, which must not be in the future.
func (r *rowReader) consentDay(text string) (consentDay, error) {
	w, err := dayReader{zone: r.town.Zone, today: r.today, past: pastConsents}.day(text)
	if err == nil && w.Day > r.today {
		err = fault.Invalid("people.consent.future", "Text", clip(text))
	}
	if err == nil && w.Day == 0 {
		err = fault.Invalid("people.date.malformed", "Text", clip(text))
	}
	return consentDay{w.Day, clock.Millis(w.Day.Time(r.town.Zone)), w.warning}, err
}

// channel reads the channel of the row, which must have an address on it. Without one it is the channel of the first
// address.
func (r *rowReader) channel(row csvtext.Row, e *entry) error {
	text := strings.ToLower(r.cell(row, channelColumn))
	switch text {
	case "e-mail", "mail", "posta elettronica":
		text = string(Email)
	case "cellulare", "telefono", "messaggio":
		text = string(SMS)
	}
	if text == "" {
		if len(e.contacts) > 0 {
			e.channel = e.contacts[0].key.channel
		}
		return nil
	}
	channel := Channel(text)
	if channel != Email && channel != SMS {
		return fault.Invalid("people.channel.unknown", "Text", clip(text))
	}
	e.channel = channel
	has := slices.ContainsFunc(e.contacts, func(c entryContact) bool { return c.key.channel == channel })
	if !has && len(e.contacts) > 0 {
		return fault.Invalid("people.import.channel_without_address", "Channel", text)
	}
	return nil
}
