package web

import (
	"embed"
	"io/fs"
)

//go:embed words/*.toml
var words embed.FS

// Words returns the words that all pages share.
func Words() fs.FS { return words }
