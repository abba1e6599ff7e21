package csvtext_test

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	encoding_ "golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	utf16 "golang.org/x/text/encoding/unicode"
	"pgregory.net/rapid"

	"unoxuno/internal/fault"
	"unoxuno/internal/people/csvtext"
)

func known(name string) bool { return name == "email" || name == "name" }

// read reads all of text. Broken rows have nil cells.
func read(t testing.TB, text io.Reader) (header []string, rows []csvtext.Row, last error) {
	t.Helper()
	r, err := csvtext.NewReader(text, known)
	if err != nil {
		return nil, nil, err
	}
	for {
		row, err := r.Read()
		var broken *csvtext.RowError
		switch {
		case errors.As(err, &broken):
			rows = append(rows, csvtext.Row{Line: broken.Line})
		case errors.Is(err, io.EOF):
			return r.Header, rows, nil
		case err != nil:
			return r.Header, rows, err
		default:
			rows = append(rows, row)
		}
	}
}

func TestDelimiterIsTheOneThatMakesTheHeaderKnown(t *testing.T) {
	for text, want := range map[string]rune{
		"email,name": ',', "email;name": ';', "email\tname": '\t', "email": ',', "\"email\";a,b,c,d": ';', "x;y;z,w": ';', "email;\"na,me\"\n": ';',
		"email|name": '|', "email;name|x": ';',
	} {
		r, err := csvtext.NewReader(strings.NewReader(text), known)
		if err != nil || r.Delimiter != want {
			t.Errorf("%q: %v; want %q", text, err, want)
		}
	}
}

func TestLinesAreThoseOfTheFile(t *testing.T) {
	const text = "email,name\n\na,\"one\r\ntwo\"\n\n\nb,c\nbad,\"x\"y\nd,e\nf,\"g\n\nh\"i\nj,k"
	_, rows, err := read(t, strings.NewReader(text))
	var lines []int
	for _, row := range rows {
		lines = append(lines, row.Line)
	}
	if want := []int{3, 7, 8, 9, 10, 13}; err != nil || !slices.Equal(lines, want) {
		t.Errorf("lines %v, %v; want %v", lines, err, want)
	}
	if rows[0].Cells[1] != "one\ntwo" || rows[2].Cells != nil || rows[4].Cells != nil || rows[5].Cells[1] != "k" {
		t.Errorf("rows %+v", rows)
	}
}

func TestBrokenRowIsShownWhole(t *testing.T) {
	r, err := csvtext.NewReader(strings.NewReader("email,name\na,b\nbad,\"x\"y,z\r\nc,d\n"), known)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Read(); err != nil {
		t.Fatal(err)
	}
	_, err = r.Read()
	var broken *csvtext.RowError
	if !errors.As(err, &broken) || broken.Raw != "bad,\"x\"y,z" || broken.Line != 3 {
		t.Errorf("%+v", err)
	}
	if row, err := r.Read(); err != nil || row.Line != 4 {
		t.Errorf("next row %+v, %v", row, err)
	}
}

func TestBinaryFilesAreRefused(t *testing.T) {
	text := "email,name\na@example.org,Anna\n"
	for _, file := range []string{strings.Repeat("\x00\x01email\x02", 30), "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00", text + strings.Repeat("\x00x", 20)} {
		if _, rows, err := read(t, strings.NewReader(file)); !fault.HasKey(err, "people.csv.binary") {
			t.Errorf("%q: %v, %v", file, rows, err)
		}
	}
	for _, end := range []string{"\x1a", strings.Repeat("\x00", 512), "\x00\x1a"} {
		_, rows, err := read(t, strings.NewReader(text+end))
		if err != nil || len(rows) != 2 || !rows[1].Blank() {
			t.Errorf("with %q at the end: %+v, %v", end, rows, err)
		}
	}
}

func TestEndlessRowsAreStopped(t *testing.T) {
	head := "email,name\na,b\n\n"
	cases := map[string]struct{ text, key string }{
		"quote never closes": {head + "c,\"d\ne,f\ng,h\n", "people.csv.quote"},
		"huge row":           {head + "c,\"" + strings.Repeat("x\n", csvtext.MaxRow), "people.csv.long"},
		"huge bare row":      {head + "c," + strings.Repeat("x", 2*csvtext.MaxRow), "people.csv.long"},
	}
	for name, c := range cases {
		_, rows, err := read(t, strings.NewReader(c.text))
		if !fault.HasKey(err, c.key) || fault.List(err)[0].Args["Line"] != 4 || len(rows) != 1 {
			t.Errorf("%s: %d rows, %v; want one row, and %s on line 4", name, len(rows), err, c.key)
		}
	}
	// On the last line the quote has consumed nothing else.
	_, rows, err := read(t, strings.NewReader(head+"c,\"d"))
	if err != nil || len(rows) != 2 || rows[1].Cells != nil {
		t.Errorf("%+v, %v", rows, err)
	}
}

// The encoding, the delimiter, the quoting and the size of the reads make no difference.
func TestEveryFormReadsTheSame(t *testing.T) {
	cell := rapid.StringOfN(rapid.SampledFrom([]rune("ab àèìòùÉ;,\t\"\n'=")), 0, 12, -1)
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.SliceOfN(cell, 2, 2), 0, 20).Draw(t, "rows")
		delimiter := rapid.SampledFrom([]rune{',', ';', '\t'}).Draw(t, "delimiter")
		var b strings.Builder
		w := csv.NewWriter(&b)
		w.Comma = delimiter
		w.UseCRLF = rapid.Bool().Draw(t, "windows lines")
		if err := w.WriteAll(append([][]string{{"email", "name"}}, rows...)); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		if rapid.Bool().Draw(t, "Mac lines") && !strings.Contains(text, "\r") {
			text = strings.ReplaceAll(text, "\n", "\r")
		}
		text = encoded(t, text, rapid.IntRange(0, 4).Draw(t, "encoding"))
		r, err := csvtext.NewReader(iotest.OneByteReader(strings.NewReader(text)), known)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range rows {
			row, err := r.Read()
			if err != nil || !slices.Equal(row.Cells, want) {
				t.Fatalf("read %q, %v; want %q", row.Cells, err, want)
			}
		}
		if _, err := r.Read(); !errors.Is(err, io.EOF) {
			t.Fatalf("at the end %v", err)
		}
	})
}

func encoded(t *rapid.T, text string, encoding int) string {
	encoders := map[int]*encoding_.Encoder{
		1: charmap.Windows1252.NewEncoder(),
		2: utf16.UTF16(utf16.LittleEndian, utf16.UseBOM).NewEncoder(),
		3: utf16.UTF16(utf16.BigEndian, utf16.IgnoreBOM).NewEncoder(),
	}
	if encoding == 0 {
		return "\ufeff" + text
	}
	encoder, ok := encoders[encoding]
	if !ok {
		return text
	}
	text, err := encoder.String(text)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// The code page of an Italian name is recognised by a single accent.
func TestCodePagesAreToldByItalian(t *testing.T) {
	pages := map[string]*charmap.Charmap{csvtext.Windows: charmap.Windows1252, csvtext.DOS: charmap.CodePage850, csvtext.Mac: charmap.Macintosh}
	for name, page := range pages {
		for _, word := range []string{
			"Niccolò", "Nicolò", "NICCOLÒ", "Cà Bianca", "Forlì", "perché", "è", "Gesù", "Frà Luca", "Mondovì; Cefalù", "città e libertà", "caffè",
			"RICCARDO CAFFÈ",
		} {
			text, err := page.NewEncoder().String("email,name\na@example.org," + word + "\n")
			if err != nil {
				t.Fatal(err)
			}
			r, err := csvtext.NewReader(strings.NewReader(text), known)
			if err != nil {
				t.Errorf("%q in %s: %v", word, name, err)
				continue
			}
			row, err := r.Read()
			if got := strings.Join(row.Cells[1:], ","); err != nil || got != word || r.Encoding() != name {
				t.Errorf("%q in %s is read as %q in %s, %v", word, name, got, r.Encoding(), err)
			}
		}
	}
	for _, text := range []string{"email,name\na@example.org,D\xd5Amico\n", "email,name\na@example.org,x\x81\x9d\xfey\n"} {
		if _, rows, err := read(t, strings.NewReader(text)); !fault.HasKey(err, "people.csv.encoding") {
			t.Errorf("%q: %v, %v; want people.csv.encoding", text, rows, err)
		}
	}
}

func TestHeaderIsFoundWhereItStands(t *testing.T) {
	const rows = "email;name\na@example.org;Anna\n"
	for name, c := range map[string]struct {
		text                    string
		headerLine, line, above int
	}{
		"first":      {rows, 1, 2, 0},
		"delimiter":  {"sep=;\r\n" + rows, 2, 3, 0},
		"title":      {"Iscritti alla newsletter, 2026;\n;\n" + rows, 3, 4, 1},
		"blank rows": {";;\n\n;;\n" + rows, 4, 5, 0},
		"unknown":    {"codice;\"altro\"\n1;2\n", 1, 2, 0},
		"Mac":        {strings.ReplaceAll("Titolo\n\n"+rows, "\n", "\r"), 3, 4, 1},
		"mixed":      {"email;name\ra@example.org;\"An\rna\"\r\n", 1, 2, 0},
	} {
		r, err := csvtext.NewReader(strings.NewReader(c.text), known)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		row, err := r.Read()
		if err != nil || r.Delimiter != ';' || r.HeaderLine != c.headerLine || row.Line != c.line || r.Above != c.above || len(row.Cells) != 2 {
			t.Errorf("%s: header on line %d, %d rows above, row %+v, %v", name, r.HeaderLine, r.Above, row, err)
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte("email,name\na,b\n"))
	f.Add([]byte("\xef\xbb\xbfemail;name\n\"a;\n\"\"\";b\n"))
	f.Add([]byte("email\tname\n\xe8\t\"x\ny\n"))
	f.Add([]byte("email,name\r\n\r\na,\"b\"c\r\n"))
	f.Add([]byte("sep=;\remail;name\ra;\x8a\r"))
	f.Add([]byte("\xff\xfee\x00,\x00n\x00\n\x00\x00\xd8"))
	f.Fuzz(func(t *testing.T, text []byte) {
		_, rows, err := read(t, strings.NewReader(string(text)))
		if err != nil && fault.KindOf(err) != fault.KindInvalid {
			t.Fatalf("%v", err)
		}
		line := 0
		for _, row := range rows {
			if row.Line <= line || row.Line > strings.Count(string(text), "\n")+strings.Count(string(text), "\r")+1 {
				t.Fatalf("row on line %d after line %d", row.Line, line)
			}
			line = row.Line
		}
	})
}
