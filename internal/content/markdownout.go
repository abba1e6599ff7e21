package content

import (
	"regexp"
	"strings"
)

// Markdown writes blocks as ParseMarkdown reads them. Of valid blocks nothing is lost but the IDs and the border
// between two texts that follow each other, which come back as one.
func Markdown(blocks []Block) []byte {
	var b strings.Builder
	for i, block := range blocks {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(markdownOf(block))
		b.WriteByte('\n')
	}
	return []byte(b.String())
}

func markdownOf(b Block) string {
	switch b.Kind {
	case KindHeading:
		return strings.Repeat("#", min(max(b.Level, 2), 3)) + " " + escapeLine(b.Text)
	case KindText:
		return escapeBlocks(b.Text)
	case KindImage:
		title := ""
		if caption := oneLine(b.Caption); caption != "" {
			title = ` "` + escapeLine(caption) + `"`
		}
		return "![" + escapeLine(b.Alt) + "](" + escapeTarget(b.URL) + title + ")"
	case KindEvent:
		return markdownOfEvent(b)
	case KindButton:
		return "[" + escapeLine(b.Label) + "](" + escapeTarget(b.URL) + ")" + buttonMark
	case KindDivider:
		return "---"
	}
	return ""
}

func markdownOfEvent(b Block) string {
	var s strings.Builder
	s.WriteString("```event\n")
	for _, field := range [...]struct{ name, value string }{
		{"title", b.Title}, {"date", b.Start}, {"end", b.End}, {"place", b.Place}, {"link", b.URL},
	} {
		if value := oneLine(field.value); value != "" {
			s.WriteString(field.name + ": " + value + "\n")
		}
	}
	return s.String() + "```"
}

var (
	special = regexp.MustCompile("[\\\\`*_\\[\\]<>!&\"#{}~|]")
	entity  = regexp.MustCompile(`&(#?[A-Za-z0-9]+;)`)
)

// escapeLine writes plain text so that Markdown reads it back as it is.
func escapeLine(s string) string { return special.ReplaceAllString(oneLine(s), `\$0`) }

// escapeTarget writes an address so that Markdown reads it back as it is.
func escapeTarget(s string) string {
	s = entity.ReplaceAllString(strings.ReplaceAll(s, `\`, `\\`), `\&$1`)
	if s == "" || strings.ContainsAny(s, " ()<>") {
		return "<" + strings.NewReplacer("<", `\<`, ">", `\>`).Replace(s) + ">"
	}
	return s
}

// escapeBlocks keeps a text one text: what would begin a block of another kind gets a backslash.
func escapeBlocks(text string) string {
	lines := strings.Split(strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n"), "\n")
	for i, line := range lines {
		underlines := i > 0 && strings.TrimSpace(lines[i-1]) != "" && underline.MatchString(line)
		if underlines || headingLine.MatchString(line) || dividerLine.MatchString(line) || fenceLine.MatchString(line) {
			indent := len(line) - len(strings.TrimLeft(line, " "))
			lines[i] = line[:indent] + `\` + line[indent:]
		}
	}
	for from := 0; from < len(lines); {
		until := from
		for until < len(lines) && strings.TrimSpace(lines[until]) != "" {
			until++
		}
		if b, ok := standalone(strings.Join(lines[from:until], "\n")); ok {
			switch b.Kind {
			case KindImage:
				lines[from] = strings.Replace(lines[from], "!", `\!`, 1)
			default:
				lines[until-1] = strings.Replace(lines[until-1], buttonMark, `\`+buttonMark, 1)
			}
		}
		from = until + 1
	}
	for len(lines) > 0 && strings.TrimSpace(lines[0]) == "" {
		lines = lines[1:]
	}
	return strings.TrimRight(strings.Join(lines, "\n"), " \t\n")
}
