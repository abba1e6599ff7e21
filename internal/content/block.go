package content

import "strconv"

// Kind is the kind of a block. It decides which fields are used.
type Kind string

// The kinds of block.
const (
	KindHeading Kind = "heading" // Text, Level
	KindText    Kind = "text"    // Text, in restricted Markdown
	KindImage   Kind = "image"   // URL, Alt; Caption may be empty
	KindEvent   Kind = "event"   // Title, Start, Place; End and URL may be empty
	KindButton  Kind = "button"  // Label, URL
	KindDivider Kind = "divider" // nothing
)

// Kinds are all the kinds, in the order in which an editor is offered them.
func Kinds() []Kind {
	return []Kind{KindHeading, KindText, KindImage, KindEvent, KindButton, KindDivider}
}

// Block is one piece of an issue. Kind decides which fields are used; the others are empty. Issues are stored as its
// JSON: fields may be added, never renamed.
//
// All fields except the Text of a text block are plain text on one line; markup in them is shown as written.
type Block struct {
	ID   string `json:"id"` // unique within the issue, see NextID
	Kind Kind   `json:"kind"`

	Level   int    `json:"level,omitempty"` // of a heading: 2 or 3, since the title is the page's only h1
	Text    string `json:"text,omitempty"`
	URL     string `json:"url,omitempty"` // of an image a path of the site: /media/…
	Alt     string `json:"alt,omitempty"` // what the image says, for people who do not see it
	Caption string `json:"caption,omitempty"`
	Label   string `json:"label,omitempty"`
	Title   string `json:"title,omitempty"`
	Start   string `json:"start,omitempty"` // the town's wall time: 2026-12-05T18:30, or 2026-12-05 for the whole day
	End     string `json:"end,omitempty"`   // like Start
	Place   string `json:"place,omitempty"`
}

// Document is the content of one issue in one language.
type Document struct {
	Language string  `json:"language"` // BCP 47: "it", "en"
	Title    string  `json:"title"`
	Blocks   []Block `json:"blocks"`
}

// NextID is an ID that none of the blocks has, for a block about to be added: b1, b2…
func NextID(blocks []Block) string {
	last := 0
	for _, b := range blocks {
		if len(b.ID) < 2 || b.ID[0] != 'b' {
			continue
		}
		if n, err := strconv.Atoi(b.ID[1:]); err == nil && n > last {
			last = n
		}
	}
	return "b" + strconv.Itoa(last+1)
}

// headingLevels gives each block the level of the heading it carries, 0 where it carries none, so that no level is
// ever skipped (WCAG 1.3.1): an h3 before any h2 is an h2, and an event's title stands one below the heading over it.
func headingLevels(blocks []Block) []int {
	levels := make([]int, len(blocks))
	under := 1
	for i, b := range blocks {
		switch b.Kind {
		case KindHeading:
			under = min(max(b.Level, 2), under+1, 3)
			levels[i] = under
		case KindEvent:
			levels[i] = min(under+1, 3)
		}
	}
	return levels
}
