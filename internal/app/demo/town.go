package demo

import (
	_ "embed"
	"fmt"
	"slices"

	"github.com/goccy/go-yaml"
)

//go:embed town.yaml
var townText []byte

// Town is the declaration of Borgo Panaro, as `unoxuno town apply` takes it.
func Town() []byte { return slices.Clone(townText) }

// townFile is what the generators need to know of the declaration.
type townFile struct {
	Newsletters []newsletter `yaml:"newsletters"`
}

type newsletter struct {
	Slug   string   `yaml:"slug"`
	Period string   `yaml:"period"`
	Topics []string `yaml:"topics"`
	For    []string `yaml:"for"`
}

func parseTown() (townFile, error) {
	var town townFile
	if err := yaml.Unmarshal(townText, &town); err != nil {
		return town, fmt.Errorf("demo: town.yaml: %w", err)
	}
	return town, nil
}
