package demo_test

import (
	"slices"
	"testing"

	"github.com/goccy/go-yaml"

	"unoxuno/internal/app/demo"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
	"unoxuno/internal/taxonomy"
)

// declaration is the whole of town.yaml; an unknown key is an error.
type declaration struct {
	Town struct {
		Name      string   `yaml:"name"`
		Domain    string   `yaml:"domain"`
		Languages []string `yaml:"languages"`
		TimeZone  string   `yaml:"time_zone"`
		Region    string   `yaml:"region"`
	} `yaml:"town"`
	taxonomy.Declaration `yaml:",inline"`
	Newsrooms            []newsroom `yaml:"newsrooms"`
	Newsletters          []struct {
		Slug        string        `yaml:"slug"`
		Newsroom    string        `yaml:"newsroom"`
		Name        taxonomy.Name `yaml:"name"`
		Description taxonomy.Name `yaml:"description"`
		Topics      []string      `yaml:"topics"`
		For         []string      `yaml:"for"`
		Period      string        `yaml:"period"`
		Sensitive   bool          `yaml:"sensitive"`
	} `yaml:"newsletters"`
}

type newsroom struct {
	Slug string `yaml:"slug"`
	Name string `yaml:"name"`
	Kind string `yaml:"kind"`
}

func declared(t *testing.T) declaration {
	t.Helper()
	var d declaration
	if err := yaml.UnmarshalWithOptions(demo.Town(), &d, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	return d
}

// vocabulary applies the declaration to a new town and returns the slugs in use there.
func (d declaration) vocabulary(t *testing.T) (categories, topics, places []string) {
	t.Helper()
	db := storagetest.Open(t, storage.SQLite, storage.Schema{Room: "taxonomy", Files: taxonomy.Schema()})
	room := taxonomy.New(db)
	err := db.Tx(t.Context(), func(tx *storage.Tx) error {
		_, err := room.Apply(t.Context(), tx, d.Declaration)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	v, err := room.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	slugs := func(l taxonomy.List) []string {
		var all []string
		for _, term := range l.InUse() {
			all = append(all, term.Slug)
		}
		return all
	}
	return slugs(v.Categories), slugs(v.Topics), slugs(v.Places)
}

func (d declaration) newsletterSlugs() []string {
	var all []string
	for _, n := range d.Newsletters {
		all = append(all, n.Slug)
	}
	return all
}

func TestTownIsComplete(t *testing.T) {
	d := declared(t)
	_, _, places := d.vocabulary(t)
	if len(places) != 8 || len(d.Newsrooms) != 50 || len(d.Newsletters) != 70 {
		t.Errorf("%d places, %d newsrooms, %d newsletters", len(places), len(d.Newsrooms), len(d.Newsletters))
	}
	if !reserved.MatchString(d.Town.Domain) {
		t.Errorf("the town's domain %s is not reserved", d.Town.Domain)
	}
	kinds := []string{"office", "association", "order", "committee"}
	seen := map[string]bool{}
	for _, n := range d.Newsrooms {
		if seen[n.Slug] || seen[n.Name] {
			t.Errorf("two newsrooms are called %s, %s", n.Slug, n.Name)
		}
		seen[n.Slug], seen[n.Name] = true, true
		if !slices.Contains(kinds, n.Kind) {
			t.Errorf("%s is a %q", n.Slug, n.Kind)
		}
	}
}

func TestNewslettersAreWellFormed(t *testing.T) {
	d := declared(t)
	categories, topics, _ := d.vocabulary(t)
	periods := []string{"weekly", "fortnightly", "monthly", "quarterly", "occasional"}
	writing := map[string]bool{}
	seen := map[string]bool{}
	sensitive := 0
	for _, n := range d.Newsletters {
		for _, word := range []string{n.Slug, "it:" + n.Name.IT, "en:" + n.Name.EN, n.Description.IT, n.Description.EN} {
			if word == "" || seen[word] {
				t.Errorf("%s: %q is missing or stands twice", n.Slug, word)
			}
			seen[word] = true
		}
		for _, slug := range n.Topics {
			if !slices.Contains(topics, slug) {
				t.Errorf("%s is about %q, which does not exist", n.Slug, slug)
			}
		}
		for _, slug := range n.For {
			if !slices.Contains(categories, slug) {
				t.Errorf("%s is for %q, which does not exist", n.Slug, slug)
			}
		}
		if len(n.Topics) == 0 || !slices.Contains(periods, n.Period) {
			t.Errorf("%s has topics %v and period %q", n.Slug, n.Topics, n.Period)
		}
		if n.Sensitive {
			sensitive++
		}
		writing[n.Newsroom] = true
	}
	if sensitive < 2 || sensitive > 4 {
		t.Errorf("%d sensitive newsletters", sensitive)
	}
	for _, n := range d.Newsrooms {
		if !writing[n.Slug] {
			t.Errorf("newsroom %s writes nothing", n.Slug)
		}
		delete(writing, n.Slug)
	}
	for slug := range writing {
		t.Errorf("newsroom %s does not exist", slug)
	}
}

func TestStaffHoldsEveryRole(t *testing.T) {
	d := declared(t)
	var roles []string
	for _, a := range demo.Staff() {
		roles = append(roles, a.Role)
		known := slices.ContainsFunc(d.Newsrooms, func(n newsroom) bool { return n.Slug == a.Newsroom })
		if (a.Role == "editor") != known {
			t.Errorf("%s, %s, writes for newsroom %q", a.Email, a.Role, a.Newsroom)
		}
	}
	for _, role := range []string{"administrator", "publisher", "editor", "operator"} {
		if !slices.Contains(roles, role) {
			t.Errorf("nobody is %s", role)
		}
	}
}
