package app

import (
	"embed"
	"io/fs"
)

//go:embed words/*.toml
var words embed.FS

// ownWords are the command line's, and those of the lowest floors, which have no folder of their own.
func ownWords() fs.FS { return words }
