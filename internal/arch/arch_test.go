package arch_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"

	"unoxuno/internal/arch"
)

const root = "../.."

type source struct {
	path string // from the root, with slashes
	file *ast.File
}

func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	fset := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && path != root && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "tools" || name == "testdata") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") {
			return nil
		}
		f, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		all = append(all, source{filepath.ToSlash(rel), f})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 50 {
		t.Fatalf("read only %d files: is the root right?", len(all))
	}
	return all
}

// roomOf is the room of a package path below the module, "" outside internal.
func roomOf(pkg string) (room string, web bool) {
	parts := strings.Split(strings.TrimPrefix(pkg, "unoxuno/"), "/")
	if len(parts) < 2 || parts[0] != "internal" {
		return "", false
	}
	return parts[1], len(parts) > 2 && parts[2] == parts[1]+"web"
}

func imports(s source) []string {
	var paths []string
	for _, i := range s.file.Imports {
		paths = append(paths, strings.Trim(i.Path.Value, `"`))
	}
	return paths
}

func TestImportsOnlyGoDown(t *testing.T) {
	floor := map[string]int{}
	for n, rooms := range arch.Floors() {
		for _, room := range rooms {
			floor[room] = n
		}
	}
	for _, s := range sources(t) {
		room, web := roomOf("unoxuno/" + s.path)
		if room == "" || room == "arch" {
			continue
		}
		here, ok := floor[room]
		if !ok {
			t.Errorf("%s: the room %q is on no floor: add it to Floors in internal/arch/floors.go", s.path, room)
			continue
		}
		for _, path := range imports(s) {
			target, targetWeb := roomOf(path)
			switch {
			case target == "":
				continue
			case target == room && targetWeb && !web && !strings.HasSuffix(s.path, "_test.go"):
				t.Errorf("%s imports %s: rules must be usable without pages, so a room never imports its own web package", s.path, path)
			case target == room:
				continue
			case targetWeb && room != "app":
				t.Errorf("%s imports %s: only app may import another room's web package", s.path, path)
			case floor[target] > here:
				t.Errorf("%s (floor %d) imports %s (floor %d): imports only go down; declare a small interface here and let app plug it in", s.path, here, path, floor[target])
			case floor[target] == here:
				t.Errorf("%s imports %s, its neighbour on floor %d: neighbours meet through an interface that app plugs in", s.path, path, here)
			}
		}
	}
}

func TestEveryModuleHasAReason(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	mod, err := modfile.Parse("go.mod", text, nil)
	if err != nil {
		t.Fatal(err)
	}
	reasons := arch.Reasons()
	var direct []string
	for _, r := range mod.Require {
		if r.Indirect {
			continue
		}
		direct = append(direct, r.Mod.Path)
		if reasons[r.Mod.Path] == "" {
			t.Errorf("go.mod requires %s without a reason: give it one in Reasons in internal/arch/floors.go, or do without", r.Mod.Path)
		}
	}
	for path := range reasons {
		if !slices.Contains(direct, path) {
			t.Errorf("Reasons in internal/arch/floors.go speaks of %s, which nothing imports any more: delete the line", path)
		}
	}
}

func TestNoHiddenState(t *testing.T) {
	for _, s := range sources(t) {
		if strings.HasSuffix(s.path, "_test.go") || strings.HasSuffix(s.path, "_templ.go") {
			continue
		}
		for _, decl := range s.file.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.Name == "init" {
					t.Errorf("%s: has an init function: wiring is done by hand in app, where it can be read", s.path)
				}
			case *ast.GenDecl:
				if d.Tok == token.VAR {
					exportedVars(t, s.path, d)
				}
			}
		}
	}
}

// exportedVars refuses exported variables but for errors, which are compared and never changed.
func exportedVars(t *testing.T, path string, d *ast.GenDecl) {
	for _, spec := range d.Specs {
		for _, name := range spec.(*ast.ValueSpec).Names {
			if name.IsExported() && !strings.HasPrefix(name.Name, "Err") {
				t.Errorf("%s: exports the variable %s, which anybody could change: make it a function or a constant", path, name.Name)
			}
		}
	}
}

func TestFilesAndFunctionsStaySmall(t *testing.T) {
	for _, s := range sources(t) {
		if ast.IsGenerated(s.file) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, s.path))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), "\n"); n > 400 {
			t.Errorf("%s has %d lines; above 400 a file holds more than one thought: split it", s.path, n)
		}
		for _, decl := range s.file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := strings.Count(string(text[f.Pos()-s.file.FileStart:f.End()-s.file.FileStart]), "\n"); n > 60 {
				t.Errorf("%s: %s has %d lines; above 60 give a part of it a name", s.path, f.Name.Name, n)
			}
		}
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	said := map[string]bool{}
	for _, s := range sources(t) {
		dir := filepath.ToSlash(filepath.Dir(s.path))
		if strings.HasSuffix(s.path, "_test.go") {
			continue
		}
		said[dir] = said[dir] || s.file.Doc != nil || ast.IsGenerated(s.file) && strings.HasSuffix(dir, "/db")
	}
	for dir, ok := range said {
		if !ok {
			t.Errorf("%s has no package comment: say in doc.go what it is for, what it promises and what it keeps", dir)
		}
	}
}

// A text that stands in the source from its first word to its last can be checked before the program runs: sqlc checks
// what stands in a room's queries. What a room puts together at run time (an audience, the engine's clock) cannot.
func TestStaticSQLIsCheckedBySqlc(t *testing.T) {
	all := sources(t)
	constants := map[string]bool{} // "directory name"
	for _, s := range all {
		for _, d := range s.file.Decls {
			if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.CONST {
				for _, spec := range g.Specs {
					for _, name := range spec.(*ast.ValueSpec).Names {
						constants[path.Dir(s.path)+" "+name.Name] = true
					}
				}
			}
		}
	}
	for _, s := range all {
		if room, _ := roomOf("unoxuno/" + s.path); room == "" || room == "storage" || path.Base(path.Dir(s.path)) == "db" || strings.HasSuffix(s.path, "_test.go") {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 2 {
				return true
			}
			method, ok := call.Fun.(*ast.SelectorExpr)
			if ok && slices.Contains([]string{"ExecContext", "QueryContext", "QueryRowContext"}, method.Sel.Name) &&
				isStatic(call.Args[1], func(name string) bool { return constants[path.Dir(s.path)+" "+name] }) {
				t.Errorf("%s runs a text of SQL that never changes: put it into the room's queries, where sqlc checks it", s.path)
			}
			return true
		})
	}
}

// isStatic tells whether an expression is made of literals and constants alone.
func isStatic(e ast.Expr, constant func(string) bool) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return true
	case *ast.Ident:
		return constant(e.Name)
	case *ast.ParenExpr:
		return isStatic(e.X, constant)
	case *ast.BinaryExpr:
		return isStatic(e.X, constant) && isStatic(e.Y, constant)
	}
	return false
}
