package app

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// sourcePackage is the source of one directory, tests apart.
type sourcePackage struct {
	dir   string
	files []*ast.File
}

// sourcePackages are those of internal.
func sourcePackages(t *testing.T) []sourcePackage {
	t.Helper()
	byDir := map[string]*sourcePackage{}
	set, root := token.NewFileSet(), ".."
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, filepath.Dir(name))
		dir := filepath.ToSlash(rel)
		if byDir[dir] == nil {
			byDir[dir] = &sourcePackage{dir: dir}
		}
		byDir[dir].files = append(byDir[dir].files, file)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var all []sourcePackage
	for _, p := range byDir {
		all = append(all, *p)
	}
	if len(all) < 30 {
		t.Fatalf("read only %d packages: is the root right?", len(all))
	}
	return all
}

// secretsMade are the purposes of all that the source makes with the town's secret, and what it draws at random, each with
// its makers: package and method.
func secretsMade(t *testing.T) map[string][]string {
	t.Helper()
	found, packages := map[string][]string{}, sourcePackages(t)
	makers := sealMakers(t, packages)
	for _, p := range packages {
		if p.dir == "seal" || strings.HasSuffix(p.dir, "test") {
			continue
		}
		for _, f := range p.files {
			ast.Inspect(f, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				method, ok := call.Fun.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				name := method.Sel.Name
				var purpose string
				switch {
				case name == "Text" && isIdent(method.X, "rand"):
					room, _, _ := strings.Cut(p.dir, "/")
					purpose = "random in " + room
				case slices.Contains(makers, name) && len(call.Args) >= 2:
					if purpose = p.text(call.Args[0]); purpose == "*" {
						t.Errorf("%s: the purpose of a call of %s cannot be told: give it a constant", p.dir, name)
					}
				default:
					return true
				}
				found[purpose] = append(found[purpose], p.dir+" "+name)
				return true
			})
		}
	}
	for purpose := range found {
		slices.Sort(found[purpose])
		found[purpose] = slices.Compact(found[purpose])
	}
	return found
}

func isIdent(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}

// text is what an expression of texts says; * stands for what is known at run time only.
func (p sourcePackage) text(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil {
			return text
		}
	case *ast.BinaryExpr:
		return p.text(e.X) + p.text(e.Y)
	case *ast.Ident:
		for _, d := range p.declarations() {
			if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.CONST {
				for _, spec := range g.Specs {
					v := spec.(*ast.ValueSpec)
					for i, name := range v.Names {
						if name.Name == e.Name && i < len(v.Values) {
							return p.text(v.Values[i])
						}
					}
				}
			}
		}
	case *ast.CallExpr: // of a function of the package that is one expression
		for _, d := range p.declarations() {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv != nil || !isIdent(e.Fun, f.Name.Name) || len(f.Body.List) != 1 {
				continue
			}
			if r, ok := f.Body.List[0].(*ast.ReturnStmt); ok && len(r.Results) == 1 {
				return p.text(r.Results[0])
			}
		}
	}
	return "*"
}

func (p sourcePackage) declarations() (all []ast.Decl) {
	for _, f := range p.files {
		all = append(all, f.Decls...)
	}
	return all
}

// sealMakers are the methods of package seal that make something for a purpose: those that take one and cannot fail.
func sealMakers(t *testing.T, packages []sourcePackage) (names []string) {
	t.Helper()
	for _, p := range packages {
		for _, d := range p.declarations() {
			f, ok := d.(*ast.FuncDecl)
			if !ok || p.dir != "seal" || f.Recv == nil || !f.Name.IsExported() || f.Type.Results == nil {
				continue
			}
			first := f.Type.Params.List[0].Names
			if len(first) > 0 && first[0].Name == "purpose" && len(f.Type.Results.List) == 1 {
				names = append(names, f.Name.Name)
			}
		}
	}
	if !slices.Contains(names, "Seal") || !slices.Contains(names, "Digest") {
		t.Fatalf("package seal makes things by %v: are these all?", names)
	}
	return names
}
