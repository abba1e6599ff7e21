package content

import (
	"embed"
	"io/fs"
)

//go:embed words/*.toml
var words embed.FS

// Words are this package's words in each language, for locale.Load.
func Words() fs.FS { return words }

// Labels are the words that the program adds to what the editor wrote, in the language.
type Labels struct {
	Greeting      string // "Ciao {name},": {name} is where the name comes
	ViewInBrowser string
	Image         string
	When          string
	Where         string
	Details       string // before the title of the event it links to
	OwnPage       string
	Unsubscribe   string
	SentBy        string
	WriteTo       string
	Contents      string // above the list of what a digest holds
}

// NewLabels are the labels that say knows in one language; say is locale.Words.Say with its language given.
func NewLabels(say func(key string) string) Labels {
	return Labels{
		Greeting:      say("content.label.greeting"),
		ViewInBrowser: say("content.label.view_in_browser"),
		Image:         say("content.label.image"),
		When:          say("content.label.when"),
		Where:         say("content.label.where"),
		Details:       say("content.label.details"),
		OwnPage:       say("content.label.own_page"),
		Unsubscribe:   say("content.label.unsubscribe"),
		SentBy:        say("content.label.sent_by"),
		WriteTo:       say("content.label.write_to"),
		Contents:      say("content.label.contents"),
	}
}
