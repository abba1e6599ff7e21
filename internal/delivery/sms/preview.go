package sms

// Options says how a text is to be prepared, and what a part of it costs.
type Options struct {
	Exact bool  // leave the text as it was written, even where that makes it UCS-2
	Price int64 // of one part, in any unit that the caller likes; Preview.Cost is in the same
}

// Preview is what an editor is shown before a text is sent.
type Preview struct {
	Text       string // what will be sent
	Encoding   Encoding
	Parts      []Part
	Characters int      // of Text, as a reader counts them
	Size       int      // as the network counts them: GSM7's extension characters are two, UCS2's emoji two or more
	Left       int      // how many more (of Size) fit without another part
	Changes    []Change // what was written otherwise than the editor wrote it
	Outside    []string // the characters that force UCS2, each once; empty for GSM7
	Cost       int64    // Price times the parts
	TooLong    bool     // more than MaxParts parts: it cannot be sent
}

// Look prepares text and tells what would be sent. The caller sends Preview.Text.
func Look(text string, o Options) Preview {
	var p Preview
	p.Text, p.Changes, p.Outside = Transliterate(text)
	if o.Exact {
		p.Text, p.Changes, p.Outside = tidy(text), nil, outsideOf(tidy(text))
	}
	p.Parts = Split(p.Text)
	p.Encoding = p.Parts[0].Encoding
	for _, part := range p.Parts {
		p.Size += part.Size
	}
	single, limit := p.Encoding.limits()
	if len(p.Parts) == 1 {
		limit = single
	}
	p.Left = limit - p.Parts[len(p.Parts)-1].Size
	p.Characters = characters(p.Text)
	p.Cost = o.Price * int64(len(p.Parts))
	p.TooLong = len(p.Parts) > MaxParts
	return p
}

// outsideOf are the characters of text that GSM 03.38 does not have, each once.
func outsideOf(text string) []string {
	var outside []string
	seen := map[rune]bool{}
	for _, r := range text {
		if gsm.width(r) == 0 && !seen[r] {
			seen[r] = true
			outside = append(outside, string(r))
		}
	}
	return outside
}
