package content

import (
	"strings"
	"testing"

	"unoxuno/internal/fault"
	"unoxuno/internal/locale"
)

func TestValidate(t *testing.T) {
	words, err := locale.Load(Words())
	if err != nil {
		t.Fatal(err)
	}
	image := Block{Kind: KindImage, URL: "/media/a.png", Alt: "A"}
	event := Block{Kind: KindEvent, Title: "T", Place: "P", Start: "2026-12-05T18:30"}
	button := Block{Kind: KindButton, Label: "L", URL: "https://a.example"}
	with := func(b Block, change func(*Block)) Block { change(&b); return b }
	for name, c := range map[string]struct {
		block Block
		want  string // field and key; "" for a valid block
	}{
		"heading":           {Block{Kind: KindHeading, Level: 2, Text: "A"}, ""},
		"heading blank":     {Block{Kind: KindHeading, Level: 2, Text: " \n"}, "x.text content.heading.empty"},
		"heading level":     {Block{Kind: KindHeading, Level: 1, Text: "A"}, "x.level content.heading.level"},
		"heading long":      {Block{Kind: KindHeading, Level: 2, Text: strings.Repeat("a", 301)}, "x.text content.line.long"},
		"text":              {Block{Kind: KindText, Text: "**a** [b](mailto:c@d.example) [t](tel:+39059)"}, ""},
		"text empty":        {Block{Kind: KindText, Text: "\n- \n"}, "x.text content.text.empty"},
		"text long":         {Block{Kind: KindText, Text: strings.Repeat("a", 20_001)}, "x.text content.text.long"},
		"text bad link":     {Block{Kind: KindText, Text: "[a](ftp://b.example)"}, "x.text content.url.malformed"},
		"text image":        {Block{Kind: KindText, Text: "a ![b](/c.png)"}, "x.text content.text.image"},
		"text mute link":    {Block{Kind: KindText, Text: "a [](https://b.example)"}, "x.text content.text.link.empty"},
		"image":             {image, ""},
		"image absent":      {with(image, func(b *Block) { b.URL = "" }), "x.url content.image.url.empty"},
		"image elsewhere":   {with(image, func(b *Block) { b.URL = "//a.example/b.png" }), "x.url content.image.url.malformed"},
		"image data":        {with(image, func(b *Block) { b.URL = "data:image/png;base64,x" }), "x.url content.image.url.malformed"},
		"image mute":        {with(image, func(b *Block) { b.Alt = " " }), "x.alt content.image.alt.empty"},
		"event":             {event, ""},
		"event all day":     {with(event, func(b *Block) { b.Start, b.End = "2026-12-05", "2026-12-06" }), ""},
		"event no title":    {with(event, func(b *Block) { b.Title = "" }), "x.title content.event.title.empty"},
		"event no place":    {with(event, func(b *Block) { b.Place = "" }), "x.place content.event.place.empty"},
		"event no date":     {with(event, func(b *Block) { b.Start = "" }), "x.start content.event.start.empty"},
		"event bad date":    {with(event, func(b *Block) { b.Start = "5/12/2026" }), "x.start content.event.time.malformed"},
		"event no such day": {with(event, func(b *Block) { b.Start = "2026-02-30" }), "x.start content.event.time.malformed"},
		"event bad end":     {with(event, func(b *Block) { b.End = "20:00" }), "x.end content.event.time.malformed"},
		"event backwards":   {with(event, func(b *Block) { b.End = "2026-12-05T18:29" }), "x.end content.event.end.early"},
		"event half timed":  {with(event, func(b *Block) { b.End = "2026-12-06" }), "x.end content.event.end.unlike"},
		"event bad link":    {with(event, func(b *Block) { b.URL = "a.example" }), "x.url content.url.malformed"},
		"button":            {button, ""},
		"button mute":       {with(button, func(b *Block) { b.Label = "" }), "x.label content.button.label.empty"},
		"button nowhere":    {with(button, func(b *Block) { b.URL = "" }), "x.url content.button.url.empty"},
		"button unsafe":     {with(button, func(b *Block) { b.URL = "JavaScript:alert(1)" }), "x.url content.url.malformed"},
		"divider":           {Block{Kind: KindDivider}, ""},
		"unknown":           {Block{Kind: "survey"}, "x.kind content.blocks.kind"},
	} {
		t.Run(name, func(t *testing.T) {
			c.block.ID = "x"
			var got []string
			err := Validate([]Block{c.block})
			for _, f := range fault.List(err) {
				got = append(got, f.Field+" "+f.Key)
			}
			if strings.Join(got, ", ") != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			saysWhatIsWrong(t, words, err)
		})
	}
}

// saysWhatIsWrong checks that every fault has a whole sentence in both languages, with and without its line.
func saysWhatIsWrong(t *testing.T, words *locale.Words, err error) {
	t.Helper()
	for _, f := range fault.List(err) {
		for _, lang := range locale.Languages() {
			alone := words.SayWith(lang, f.Key, f.Args)
			inFile := words.SayWith(lang, f.Key, atLine(f, 11).Args)
			if alone == f.Key || strings.Contains(alone, "<no value>") || strings.Contains(alone, "12)") || !strings.Contains(inFile, " 12)") {
				t.Errorf("%s: %q, %q", lang, alone, inFile)
			}
		}
	}
}

func TestValidateBlocks(t *testing.T) {
	if err := Validate(nil); !fault.HasKey(err, "content.blocks.none") {
		t.Errorf("no blocks: %v", err)
	}
	twins := []Block{{ID: "b1", Kind: KindDivider}, {ID: "b1", Kind: KindDivider}}
	if err := Validate(twins); !fault.HasKey(err, "content.blocks.id") {
		t.Errorf("one ID twice: %v", err)
	}
	if err := Validate([]Block{{Kind: KindDivider}}); !fault.HasKey(err, "content.blocks.id") {
		t.Errorf("no ID: %v", err)
	}
	if err := Validate(example(t).Blocks); err != nil {
		t.Errorf("the example: %v", err)
	}
}
