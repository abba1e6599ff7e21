package newslettersweb

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"unoxuno/internal/content"
	"unoxuno/internal/newsletters"
)

// edit is the content of the editor's form: the issue as it is being written.
type edit struct {
	Version               int64 // the version that the editor started from
	Title, Slug, Language string
	Urgent                bool // from the form, if the editor may decide
	Blocks                []content.Block
	Dropped               *dropped // the block just deleted, so that it can be restored
}

// dropped is a deleted block and its place.
type dropped struct {
	Block content.Block
	At    int
}

// blockID matches a block's ID, which is part of field names.
var blockID = regexp.MustCompile(`^[a-z0-9-]{1,20}$`)

// maxBlocks is the number of blocks up to which the editor adds more. It is far more than a good newsletter has, and
// their fields, nine at most each, stay below the 1000 parts that Go reads from a form with files.
const maxBlocks = 100

func editOf(issue newsletters.Issue) edit {
	return edit{Version: issue.Version, Title: issue.Title, Slug: issue.Slug, Language: issue.Language, Urgent: issue.Urgent, Blocks: issue.Blocks}
}

// readEdit reads the editor's form. The order of its "block" values is the order of the blocks.
func readEdit(form url.Values) edit {
	e := edit{
		Version: versionIn(form.Get("version")), Title: form.Get("title"), Slug: form.Get("slug"), Language: form.Get("language"),
		Urgent: form.Get("urgent") != "", Blocks: []content.Block{},
	}
	seen := map[string]bool{}
	for _, id := range form["block"] {
		if !blockID.MatchString(id) || seen[id] {
			continue
		}
		seen[id] = true
		e.Blocks = append(e.Blocks, readBlock(form, id))
	}
	return e
}

func readBlock(form url.Values, id string) content.Block {
	get := func(field string) string { return strings.ReplaceAll(form.Get(id+"."+field), "\r\n", "\n") }
	b := content.Block{ID: id, Kind: content.Kind(get("kind"))}
	switch b.Kind {
	case content.KindHeading:
		b.Text = get("text")
		b.Level, _ = strconv.Atoi(get("level")) // Validate reports anything that is not a level
	case content.KindText:
		b.Text = get("text")
	case content.KindImage:
		b.URL, b.Alt, b.Caption = get("url"), get("alt"), get("caption")
	case content.KindEvent:
		b.Title, b.Place, b.URL = get("title"), get("place"), get("url")
		b.Start, b.End = momentIn(get("start"), get("start_time")), momentIn(get("end"), get("end_time"))
	case content.KindButton:
		b.Label, b.URL = get("label"), get("url")
	}
	return b
}

// momentIn joins the two fields of a time: the day, and the hour if there is one.
func momentIn(day, hour string) string {
	if day == "" || hour == "" {
		return day
	}
	return day + "T" + hour
}

// momentOut splits a block's time into those two fields.
func momentOut(moment string) (day, hour string) {
	day, hour, _ = strings.Cut(strings.Replace(moment, " ", "T", 1), "T")
	return day, hour
}

// content returns what is saved: the form's part, and the rest of the issue unchanged.
func (e edit) content(issue newsletters.Issue) newsletters.Content {
	return newsletters.Content{
		Newsletter: issue.Newsletter, Slug: e.Slug, Title: e.Title, Language: e.Language, Blocks: e.Blocks, Audience: issue.Audience,
		SMS: issue.SMS, Urgent: e.Urgent,
	}
}

// same tells whether the issue already equals the form, because it was sent twice.
func (e edit) same(issue newsletters.Issue) bool {
	return strings.Join(strings.Fields(e.Title), " ") == issue.Title && strings.TrimSpace(e.Slug) == issue.Slug &&
		e.Language == issue.Language && (e.Urgent == issue.Urgent || !e.Urgent) && slices.Equal(e.Blocks, issue.Blocks)
}

// apply does what the pressed button says to the blocks, such as "up:b3" or "add:text". It returns the ID of the block
// to continue with; "" if there is none. An unknown button changes nothing.
func (e *edit) apply(button string, form url.Values) (at string) {
	verb, of, _ := strings.Cut(button, ":")
	if verb == "add" {
		return e.add(content.Kind(of), form.Get("after"))
	}
	if verb == "undrop" {
		return e.undrop(form.Get("dropped"), form.Get("dropped_at"))
	}
	i := slices.IndexFunc(e.Blocks, func(b content.Block) bool { return b.ID == of })
	if i < 0 {
		return ""
	}
	switch {
	case verb == "up" && i > 0:
		e.Blocks[i-1], e.Blocks[i] = e.Blocks[i], e.Blocks[i-1]
	case verb == "down" && i < len(e.Blocks)-1:
		e.Blocks[i+1], e.Blocks[i] = e.Blocks[i], e.Blocks[i+1]
	case verb == "copy" && len(e.Blocks) < maxBlocks:
		twin := e.Blocks[i]
		twin.ID = content.NextID(e.Blocks)
		e.Blocks = slices.Insert(e.Blocks, i+1, twin)
		return twin.ID
	case verb == "drop":
		e.Dropped = &dropped{e.Blocks[i], i}
		e.Blocks = slices.Delete(e.Blocks, i, i+1)
		return ""
	}
	return of
}

// add inserts an empty block after the named one, or at the end.
func (e *edit) add(kind content.Kind, after string) string {
	if !slices.Contains(content.Kinds(), kind) || len(e.Blocks) >= maxBlocks {
		return ""
	}
	b := content.Block{ID: content.NextID(e.Blocks), Kind: kind}
	if kind == content.KindHeading {
		b.Level = 2
	}
	at := len(e.Blocks)
	if i := slices.IndexFunc(e.Blocks, func(b content.Block) bool { return b.ID == after }); i >= 0 {
		at = i + 1
	}
	e.Blocks = slices.Insert(e.Blocks, at, b)
	return b.ID
}

// undrop restores the deleted block that the form carries.
func (e *edit) undrop(block, at string) string {
	var b content.Block
	if err := json.Unmarshal([]byte(block), &b); err != nil || !slices.Contains(content.Kinds(), b.Kind) {
		return ""
	}
	if !blockID.MatchString(b.ID) || slices.ContainsFunc(e.Blocks, func(other content.Block) bool { return other.ID == b.ID }) {
		b.ID = content.NextID(e.Blocks)
	}
	i, _ := strconv.Atoi(at) // anything else is the first place
	e.Blocks = slices.Insert(e.Blocks, min(max(i, 0), len(e.Blocks)), b)
	return b.ID
}

// values returns the form's fields for hidden inputs.
func (e edit) values() []formValue {
	all := []formValue{{"title", e.Title}, {"slug", e.Slug}, {"language", e.Language}}
	if e.Urgent {
		all = append(all, formValue{"urgent", "1"})
	}
	for _, b := range e.Blocks {
		all = append(all, formValue{"block", b.ID})
		start, startTime := momentOut(b.Start)
		end, endTime := momentOut(b.End)
		level := ""
		if b.Kind == content.KindHeading {
			level = strconv.Itoa(b.Level)
		}
		for _, v := range []formValue{
			{"kind", string(b.Kind)}, {"level", level}, {"text", b.Text}, {"url", b.URL}, {"alt", b.Alt}, {"caption", b.Caption},
			{"label", b.Label}, {"title", b.Title}, {"place", b.Place}, {"start", start}, {"start_time", startTime},
			{"end", end}, {"end_time", endTime},
		} {
			if v.Value != "" {
				all = append(all, formValue{b.ID + "." + v.Name, v.Value})
			}
		}
	}
	return all
}

// formValue is a hidden field of a form.
type formValue struct{ Name, Value string }
