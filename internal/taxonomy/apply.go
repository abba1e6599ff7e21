package taxonomy

import (
	"context"
	"fmt"

	"unoxuno/internal/storage"
	"unoxuno/internal/taxonomy/db"
)

// Load is a snapshot of the three lists as they are now.
func (t *Taxonomy) Load(ctx context.Context) (Vocabulary, error) {
	return t.LoadIn(ctx, t.db)
}

// LoadIn is Load as q sees the lists: within a transaction, with what the transaction changed.
func (t *Taxonomy) LoadIn(ctx context.Context, q storage.Queryer) (Vocabulary, error) {
	return load(ctx, db.New(q))
}

// Categories are the categories that are offered, in order.
func (t *Taxonomy) Categories(ctx context.Context) ([]Category, error) {
	return t.inUse(ctx, Categories)
}

// Topics are the topics that are offered, in order.
func (t *Taxonomy) Topics(ctx context.Context) ([]Topic, error) { return t.inUse(ctx, Topics) }

// Places are the places that are offered, in order; Outside comes last.
func (t *Taxonomy) Places(ctx context.Context) ([]Place, error) { return t.inUse(ctx, Places) }

func (t *Taxonomy) inUse(ctx context.Context, kind Kind) ([]Term, error) {
	list, err := loadList(ctx, db.New(t.db), kind)
	return list.InUse(), err
}

// EnsureDefaults fills the lists that are still empty with the defaults, and makes sure that Outside exists. It is
// called at every start, changes nothing after the first, and then does not even wait for a writer.
func (t *Taxonomy) EnsureDefaults(ctx context.Context) error {
	now, err := t.Load(ctx)
	if err != nil {
		return err
	}
	if _, missing, err := withDefaults(now); err != nil || len(missing) == 0 {
		return err
	}
	return t.db.Tx(ctx, func(tx *storage.Tx) error {
		_, err := ensureDefaults(ctx, db.New(tx))
		return err
	})
}

// Apply makes the lists what the town declares, within tx, and tells what changed; the defaults are installed first
// where they are missing and do not count as changes. A declaration with mistakes changes nothing, and is answered with
// every one of them (fault.Problems). Whoever only wants to know rolls the transaction back.
func (t *Taxonomy) Apply(ctx context.Context, tx *storage.Tx, d Declaration) (Changes, error) {
	queries := db.New(tx)
	now, err := ensureDefaults(ctx, queries)
	if err != nil {
		return nil, err
	}
	if d, err = d.clean(); err != nil {
		return nil, err
	}
	if err := d.check(now); err != nil {
		return nil, err
	}
	var changes Changes
	for _, kind := range Kinds() {
		changes = append(changes, diff(kind, now.Of(kind), d.Of(kind))...)
	}
	for _, c := range changes {
		if err := put(ctx, queries, c.Kind, c.After); err != nil {
			return nil, err
		}
	}
	return changes, nil
}

// withDefaults adds the defaults that are missing, and tells which.
func withDefaults(now Vocabulary) (Vocabulary, Changes, error) {
	standard, err := defaults()
	if err != nil {
		return now, nil, err
	}
	var missing Changes
	fill := func(kind Kind) List {
		list := now.Of(kind)
		terms := list.All()
		for _, term := range standard.Of(kind).terms {
			_, has := list.Get(term.Slug)
			if !has && (len(list.terms) == 0 || term.Slug == Outside) {
				terms = append(terms, term)
				missing = append(missing, Change{Kind: kind, Action: Added, After: term})
			}
		}
		return newList(terms)
	}
	return Vocabulary{fill(Categories), fill(Topics), fill(Places)}, missing, nil
}

func ensureDefaults(ctx context.Context, queries *db.Queries) (Vocabulary, error) {
	now, err := load(ctx, queries)
	if err != nil {
		return now, err
	}
	now, missing, err := withDefaults(now)
	if err != nil {
		return now, err
	}
	for _, c := range missing {
		if err := put(ctx, queries, c.Kind, c.After); err != nil {
			return now, err
		}
	}
	return now, nil
}

func load(ctx context.Context, queries *db.Queries) (v Vocabulary, err error) {
	if v.Categories, err = loadList(ctx, queries, Categories); err != nil {
		return v, err
	}
	if v.Topics, err = loadList(ctx, queries, Topics); err != nil {
		return v, err
	}
	v.Places, err = loadList(ctx, queries, Places)
	return v, err
}

func loadList(ctx context.Context, queries *db.Queries, kind Kind) (List, error) {
	var terms []Term
	var err error
	switch kind {
	case Categories:
		var rows []db.TaxonomyCategory
		rows, err = queries.ListCategories(ctx)
		for _, row := range rows {
			terms = append(terms, termOf(row))
		}
	case Topics:
		var rows []db.TaxonomyTopic
		rows, err = queries.ListTopics(ctx)
		for _, row := range rows {
			terms = append(terms, termOf(db.TaxonomyCategory(row)))
		}
	case Places:
		var rows []db.TaxonomyPlace
		rows, err = queries.ListPlaces(ctx)
		for _, row := range rows {
			terms = append(terms, termOf(db.TaxonomyCategory(row)))
		}
	}
	if err != nil {
		return List{}, fmt.Errorf("taxonomy: load %s: %w", kind, err)
	}
	return newList(terms), nil
}

// The column origin says who put the term there.
const (
	originDefault = "default"
	originTown    = "town"
)

// termOf reads a row of any of the three tables, which have one shape.
func termOf(row db.TaxonomyCategory) Term {
	return Term{
		Slug: row.Slug, Name: Name{IT: row.NameIt, EN: row.NameEn}, Code: row.Code, Sensitive: row.Sensitive,
		Retired: row.Retired, ownedByTown: row.Origin == originTown, position: row.Position,
	}
}

func put(ctx context.Context, queries *db.Queries, kind Kind, t Term) error {
	row := db.PutCategoryParams{
		Slug: t.Slug, NameIt: t.Name.IT, NameEn: t.Name.EN, Code: t.Code, Origin: originDefault,
		Position: t.position, Sensitive: t.Sensitive, Retired: t.Retired,
	}
	if t.ownedByTown {
		row.Origin = originTown
	}
	var err error
	switch kind {
	case Categories:
		err = queries.PutCategory(ctx, row)
	case Topics:
		err = queries.PutTopic(ctx, db.PutTopicParams(row))
	case Places:
		err = queries.PutPlace(ctx, db.PutPlaceParams(row))
	}
	if err != nil {
		return fmt.Errorf("taxonomy: put %s/%s: %w", kind, t.Slug, err)
	}
	return nil
}
