// Command rooms writes docs/rooms.md: every room of the house with what its package comment says of it, floor by floor.
package main

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"strings"

	"unoxuno/internal/arch"
)

func main() {
	fmt.Println("# Rooms\n\nWritten by `make generate` from the package comments: change those, not this file.")
	for floor, rooms := range arch.Floors() {
		fmt.Printf("\n## Floor %d\n", floor)
		for _, room := range rooms {
			text, err := comment(filepath.Join("internal", room))
			switch {
			case os.IsNotExist(err):
				fmt.Printf("\n### %s\n\nOf a later issue.\n", room)
			case err != nil:
				log.Fatal(err)
			default:
				fmt.Printf("\n### %s\n\n%s", room, text)
			}
		}
	}
}

// comment is the package comment of a folder, as Markdown: its code blocks and lists are Markdown's own already.
func comment(dir string) (string, error) {
	if _, err := os.Stat(dir); err != nil {
		return "", err
	}
	var text string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path != dir && d.IsDir() {
			if d != nil && d.IsDir() {
				return filepath.SkipDir
			}
			return err
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.PackageClauseOnly)
		if err == nil && f.Doc != nil && text == "" {
			text = f.Doc.Text()
		}
		return err
	})
	return text, err
}
