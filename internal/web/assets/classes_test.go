package assets

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	classAttribute = regexp.MustCompile(`class="([^"{}]*)"`)
	classLiteral   = regexp.MustCompile(`class=\{([^}]*)\}`)
	quotedText     = regexp.MustCompile(`"([^"]*)"`)
	selector       = regexp.MustCompile(`\.((?:[A-Za-z_-]|\\.)(?:[\w-]|\\.)*)`)
)

// TestEveryClassIsInTheSheet: a class that a template names and the built sheet does not have does nothing: a picture of
// 3600 points once burst the editor for that.
func TestEveryClassIsInTheSheet(t *testing.T) {
	sheets, err := filepath.Glob("dist/app.*.css")
	if err != nil || len(sheets) != 1 {
		t.Skip("the sheet is not built: make assets")
	}
	sheet, err := os.ReadFile(sheets[0])
	if err != nil {
		t.Fatal(err)
	}
	styled := map[string]bool{}
	for _, m := range selector.FindAllStringSubmatch(string(sheet), -1) {
		styled[strings.ReplaceAll(m[1], `\`, "")] = true
	}
	named := 0
	err = filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".templ" && d.Name() != "web.html" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, class := range classesOf(string(text)) {
			named++
			if !styled[class] && !strings.HasSuffix(class, "-") { // what ends in a hyphen is completed at run time
				t.Errorf("%s: the sheet has no class %s: import its part in app.scss, style it in src/own, or take it out", path, class)
			}
		}
		return nil
	})
	if err != nil || named < 100 {
		t.Errorf("found only %d classes: %v", named, err)
	}
}

// classesOf are the classes that a template names.
func classesOf(text string) []string {
	var all []string
	for _, m := range classAttribute.FindAllStringSubmatch(text, -1) {
		all = append(all, strings.Fields(m[1])...)
	}
	for _, m := range classLiteral.FindAllStringSubmatch(text, -1) {
		for _, literal := range quotedText.FindAllStringSubmatch(m[1], -1) {
			all = append(all, strings.Fields(literal[1])...)
		}
	}
	return all
}
