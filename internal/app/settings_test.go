package app

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"unoxuno/internal/config"
)

// Every setting is a flag, and every flag a setting: values, which carries the one to the other, forgets none.
func TestEverySettingIsAFlag(t *testing.T) {
	var flags settingFlags
	v := reflect.ValueOf(&flags).Elem()
	for i := range v.NumField() {
		v.Field(i).SetString(v.Type().Field(i).Name)
	}
	given := flags.values()
	if len(given) != v.NumField() {
		t.Errorf("values carries %d flags, settingFlags has %d", len(given), v.NumField())
	}
	var catalogue []string
	for _, s := range config.Catalogue() {
		catalogue = append(catalogue, s.Name)
		field := strings.ReplaceAll(s.Name, "_", "")
		if !strings.EqualFold(given[s.Name], field) {
			t.Errorf("the setting %s gets the flag of the field %q", s.Name, given[s.Name])
		}
	}
	slices.Sort(catalogue)
	if flags := slices.Sorted(maps.Keys(given)); !slices.Equal(flags, catalogue) {
		t.Errorf("flags    %v\nsettings %v", flags, catalogue)
	}
}
