package newslettersweb

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"unoxuno/internal/access"
	"unoxuno/internal/content"
	"unoxuno/internal/locale"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/web"
	"unoxuno/internal/web/ui"
)

// editorView is the editor's form as it is rendered.
type editorView struct {
	newsletters.Issue
	Version               int64 // that the form is based on
	Title, Slug, Language ui.Field
	Urgent                ui.Field
	MayUrge               bool // the editor may decide about urgency
	Languages             []ui.Option
	Blocks                []blockView
	After                 ui.Field
	Places                []ui.Option // where a new block can be inserted
	Dropped, DroppedAt    string      // the block just deleted, as it is carried in the form
	DroppedName           string
	Other                 []ui.Problem
	Notices               []ui.Notice
}

// blockView is one block of the form.
type blockView struct {
	content.Block
	Name        string // "Testo 2": for the labels of its buttons
	Fields      []ui.Field
	First, Last bool
}

// field returns the block's field with that name.
func (b blockView) field(name string) ui.Field {
	for _, f := range b.Fields {
		if f.Name == b.ID+"."+name {
			return f
		}
	}
	return ui.Field{Name: b.ID + "." + name}
}

func (v editorView) problems() []ui.Problem {
	all := slices.Concat(v.Other, ui.Problems(v.Title, v.Slug, v.Language))
	for _, b := range v.Blocks {
		all = append(all, ui.Problems(b.Fields...)...)
	}
	return all
}

func editorFields(r *http.Request, issue newsletters.Issue, e edit, faults map[string]string) (editorView, error) {
	ctx := r.Context()
	v := editorView{
		Issue: issue, Version: e.Version, Languages: languageOptions(ctx), Notices: web.Notices(r),
		Title: ui.Field{
			Name: "title", Label: tell(ctx, "issue.title"), Help: tell(ctx, "issue.title_help"), Value: e.Title, Error: faults["title"], Required: true,
		},
		Slug:     slugField(ctx, e.Slug, faults["slug"]),
		Language: ui.Field{Name: "language", Label: tell(ctx, "issue.language"), Value: e.Language, Error: faults["language"]},
		Urgent: ui.Field{
			Name: "urgent", Label: tell(ctx, "urgent.label"), Help: tell(ctx, "urgent.help"), Checked: e.Urgent, Error: faults["urgent"],
		},
		MayUrge: may(ctx, access.SendUrgent, issue),
		After:   ui.Field{Name: "after", Label: tell(ctx, "block.where")},
		Places:  []ui.Option{{Label: tell(ctx, "block.last")}},
	}
	v.Slug.Help = tell(ctx, "issue.slug_help")
	for _, field := range []string{"", "blocks", "audience"} {
		if faults[field] != "" {
			v.Other = append(v.Other, ui.Problem{Text: faults[field]})
		}
	}
	for i, b := range e.Blocks {
		block := blockView{Block: b, Name: blockName(ctx, b, i), First: i == 0, Last: i == len(e.Blocks)-1}
		block.Fields = blockFields(ctx, b, faults)
		v.Blocks = append(v.Blocks, block)
		if !block.Last {
			v.Places = append(v.Places, ui.Option{Value: b.ID, Label: tell(ctx, "block.after", "Block", block.Name)})
		}
	}
	if e.Dropped != nil {
		carried, err := json.Marshal(e.Dropped.Block)
		if err != nil {
			return v, err
		}
		v.Dropped, v.DroppedAt = string(carried), strconv.Itoa(e.Dropped.At)
		v.DroppedName = blockName(ctx, e.Dropped.Block, e.Dropped.At)
	}
	return v, nil
}

// blockName returns a name for a block whose form is not shown: its number, kind and first words.
func blockName(ctx context.Context, b content.Block, i int) string {
	name := strconv.Itoa(i+1) + ". " + locale.T(ctx, "content.kind."+string(b.Kind))
	text := strings.Join(strings.Fields(b.Text+" "+b.Title+" "+b.Label+" "+b.Alt), " ")
	if start := []rune(text); len(start) > 30 {
		text = strings.TrimSpace(string(start[:30])) + "…"
	}
	if text != "" {
		name += " – " + text
	}
	return name
}

// blockFields returns the fields of a block of its kind.
func blockFields(ctx context.Context, b content.Block, faults map[string]string) []ui.Field {
	field := func(name, label, value string) ui.Field {
		full := b.ID + "." + name
		return ui.Field{Name: full, Label: tell(ctx, "block."+label), Value: value, Error: faults[full]}
	}
	switch b.Kind {
	case content.KindHeading:
		return []ui.Field{field("text", "heading", b.Text), field("level", "level", strconv.Itoa(b.Level))}
	case content.KindText:
		text := field("text", "text", b.Text)
		text.Rows = min(max(strings.Count(b.Text, "\n")+len(b.Text)/90+3, 6), 24)
		return []ui.Field{text}
	case content.KindImage:
		return imageFields(ctx, b, faults, field)
	case content.KindEvent:
		return eventFields(ctx, b, field)
	case content.KindButton:
		address := field("url", "url", b.URL)
		address.Type, address.Help = "url", tell(ctx, "block.url_help")
		return []ui.Field{field("label", "label", b.Label), address}
	}
	return nil
}

func imageFields(ctx context.Context, b content.Block, faults map[string]string, field func(name, label, value string) ui.Field) []ui.Field {
	file := field("file", "file", "")
	file.Type, file.Help = "file", tell(ctx, "block.file_help", "Most", newsletters.MaxImage>>20)
	file.Attrs = map[string]any{"accept": "image/png,image/jpeg,image/gif,image/webp"}
	if file.Error == "" {
		file.Error = faults[b.ID+".url"]
	}
	alt, caption := field("alt", "alt", b.Alt), field("caption", "caption", b.Caption)
	alt.Help, caption.Optional = tell(ctx, "block.alt_help"), true
	return []ui.Field{file, alt, caption}
}

func eventFields(ctx context.Context, b content.Block, field func(name, label, value string) ui.Field) []ui.Field {
	startDay, startHour := momentOut(b.Start)
	endDay, endHour := momentOut(b.End)
	title, place := field("title", "event", b.Title), field("place", "place", b.Place)
	start, startTime := field("start", "start", startDay), field("start_time", "start_time", startHour)
	end, endTime := field("end", "end", endDay), field("end_time", "end_time", endHour)
	address := field("url", "details", b.URL)
	start.Type, end.Type, startTime.Type, endTime.Type, address.Type = "date", "date", "time", "time", "url"
	start.Short, end.Short, startTime.Short, endTime.Short = true, true, true, true
	startTime.Optional, end.Optional, endTime.Optional, address.Optional = true, true, true, true
	address.Help = tell(ctx, "block.url_help")
	return []ui.Field{title, start, startTime, end, endTime, place, address}
}
