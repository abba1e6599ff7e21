package journal

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// The second word of a line.
const (
	markBegun     = '+'
	markCommitted = '='
	markUndone    = '-'
)

// heading is the first line of a file.
const heading = "# unoxuno: what was taken away, to be done again after a restore. It names nobody; see docs/operations.md.\n"

func appendEntry(lines []byte, e *entry, sealed string) []byte {
	lines = append(strconv.AppendInt(lines, e.id, 16), ' ', markBegun, ' ')
	lines = base64.RawURLEncoding.AppendEncode(lines, e.person[:])
	return append(append(append(lines, ' '), sealed...), '\n')
}

func appendMark(lines []byte, id int64, mark byte) []byte {
	return append(strconv.AppendInt(lines, id, 16), ' ', mark, '\n')
}

// writeFacts encodes the facts.
func writeFacts(facts []Fact) []byte {
	text, err := json.Marshal(facts)
	if err != nil {
		panic(err) // impossible: they are texts
	}
	return text
}

// read reads the lines of a file into entries, by number. It returns the number of lines that it cannot read. If a
// machine stopped while it wrote, the last line may be cut off.
func (r *Room) read(text []byte, entries map[int64]*entry) (bad int) {
	for line := range bytes.Lines(text) {
		if line[0] == '#' || line[0] == '\n' {
			continue
		}
		if !r.readLine(strings.Fields(string(line)), entries) {
			bad++
		}
	}
	return bad
}

func (r *Room) readLine(words []string, entries map[int64]*entry) bool {
	if len(words) < 2 || len(words[1]) != 1 {
		return false
	}
	id, err := strconv.ParseInt(words[0], 16, 64)
	if err != nil {
		return false
	}
	e := entries[id]
	switch mark := words[1][0]; {
	case mark == markBegun && len(words) == 4:
		begun := &entry{id: id}
		person, err := base64.RawURLEncoding.DecodeString(words[2])
		if err != nil || len(person) != len(begun.person) {
			return false
		}
		copy(begun.person[:], person)
		payload, err := r.sealer.Open(purposeFacts, words[3], time.Time{})
		text, bound := bytes.CutPrefix(payload, begun.bound())
		if err != nil || !bound || json.Unmarshal(text, &begun.facts) != nil {
			return false
		}
		entries[id] = begun
	case e == nil: // its first line was in a file that was removed
	case mark == markCommitted:
		e.committed = true
	case mark == markUndone:
		e.undone = true
	}
	return true
}
