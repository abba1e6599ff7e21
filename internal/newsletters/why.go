package newsletters

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/locale"
	"unoxuno/internal/people"
	"unoxuno/internal/storage"
	"unoxuno/internal/taxonomy"
)

// reason is why a person gets the issue.
type reason struct {
	since      time.Time // when she subscribed; zero if it comes by profile
	topics     []string  // topics of the newsletter that she wants
	categories []string  // categories of the newsletter that she is in
}

// reasonsOf returns the reasons of persons to get the issue by e-mail. found is those of them who have an address, with
// their subscriptions. Usually that is everybody, and nothing more is asked.
func (l *letter) reasonsOf(ctx context.Context, persons []int64, found []addressee) (map[int64]reason, error) {
	reasons, has := make(map[int64]reason, len(persons)), make(map[int64]bool, len(found))
	var unsubscribed []int64
	for _, a := range found {
		has[a.person] = true
		if a.began.Valid {
			reasons[a.person] = reason{since: clock.Time(a.began.Int64)}
		} else {
			unsubscribed = append(unsubscribed, a.person)
		}
	}
	if len(unsubscribed) > 0 && !l.newsletter.Sensitive {
		if err := l.fitting(ctx, people.Email, unsubscribed, reasons); err != nil {
			return nil, err
		}
	}
	if len(found) == len(persons) {
		return reasons, nil
	}
	unreached := slices.DeleteFunc(slices.Clone(persons), func(person int64) bool { return has[person] })
	others, err := l.reasons(ctx, people.Email, unreached)
	maps.Copy(reasons, others)
	return reasons, err
}

// reasons returns the reasons of those of persons who now have one to get the issue on that channel.
func (l *letter) reasons(ctx context.Context, channel people.Channel, persons []int64) (map[int64]reason, error) {
	found := make(map[int64]reason, len(persons))
	var b storage.Builder
	writeSubscribed(&b, "s.person_id, s.began_at", channel)
	b.Add(" AND s.newsletter = ?", l.newsletter.Slug)
	writeAmong(&b, "s.person_id", persons)
	err := each(ctx, l.room.DB, b.SQL(), b.Args(), func(rows *sql.Rows) error {
		var person, began int64
		err := rows.Scan(&person, &began)
		found[person] = reason{since: clock.Time(began)}
		return err
	})
	if err != nil || l.newsletter.Sensitive || len(found) == len(persons) {
		return found, err
	}
	if err := l.fitting(ctx, channel, persons, found); err != nil {
		return nil, err
	}
	return found, nil
}

// fitting adds the reasons of the people whom the issue reaches only by profile.
func (l *letter) fitting(ctx context.Context, channel people.Channel, persons []int64, found map[int64]reason) error {
	var b storage.Builder
	writeFitting(&b, "w.person_id, t.topic", channel)
	b.Add(" AND t.newsletter = ?", l.newsletter.Slug)
	writeAmong(&b, "w.person_id", persons)
	b.Add(" ORDER BY w.person_id, t.topic")
	if err := each(ctx, l.room.DB, b.SQL(), b.Args(), func(rows *sql.Rows) error {
		var person int64
		var topic string
		err := rows.Scan(&person, &topic)
		if why := found[person]; why.since.IsZero() {
			why.topics = append(why.topics, topic)
			found[person] = why
		}
		return err
	}); err != nil {
		return err
	}
	b = storage.Builder{}
	b.Add(`SELECT h.person_id, h.category FROM people_who h JOIN newsletters_for f ON f.category = h.category
		WHERE f.newsletter = ?`, l.newsletter.Slug)
	writeAmong(&b, "h.person_id", persons)
	b.Add(" ORDER BY h.person_id, h.category")
	return each(ctx, l.room.DB, b.SQL(), b.Args(), func(rows *sql.Rows) error {
		var person int64
		var category string
		err := rows.Scan(&person, &category)
		if why, ok := found[person]; ok && why.since.IsZero() {
			why.categories = append(why.categories, category)
			found[person] = why
		}
		return err
	})
}

// sentence distinguishes reasons that are worded differently.
type sentence struct {
	lang, day string // day in the town's calendar on which she subscribed
	words     string // the topics and categories
}

// whys caches the sentences of a letter: many people have the same reason, and a sentence is expensive to make.
type whys struct {
	mu   sync.Mutex
	said map[sentence]string
}

// mostWhys is the number of cached sentences.
const mostWhys = 2000

// of returns the sentence, and calls say to make it if it is not cached.
func (w *whys) of(s sentence, say func() string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	text, ok := w.said[s]
	if !ok {
		text = say()
		if w.said == nil || len(w.said) >= mostWhys {
			w.said = map[sentence]string{}
		}
		w.said[s] = text
	}
	return text
}

// why returns the sentence that tells her why she gets the issue.
func (l *letter) why(lang string, why reason) string {
	s := sentence{lang: lang}
	if why.since.IsZero() {
		s.words = strings.Join(why.topics, ",") + ";" + strings.Join(why.categories, ",")
	} else {
		s.day = why.since.In(l.zone).Format(time.DateOnly)
	}
	return l.whys.of(s, func() string { return l.say(lang, why) })
}

func (l *letter) say(lang string, why reason) string {
	if !why.since.IsZero() {
		return l.room.Words.Say(lang, "newsletters.why.subscribed",
			"Name", l.newsletter.Name.In(lang), "Date", locale.Date(lang, why.since.In(l.zone)))
	}
	topics := l.named(lang, taxonomy.Topics, why.topics)
	if len(why.categories) == 0 {
		return l.room.Words.Say(lang, "newsletters.why.wants", "Topics", topics)
	}
	return l.room.Words.Say(lang, "newsletters.why.wants_and_is",
		"Topics", topics, "Categories", l.named(lang, taxonomy.Categories, why.categories))
}

// named returns the names of terms as a list in a sentence: «A», «B» e «C».
func (l *letter) named(lang string, kind taxonomy.Kind, slugs []string) string {
	names := make([]string, len(slugs))
	for i, slug := range slugs {
		names[i] = slug
		if term, ok := l.vocabulary.Of(kind).Get(slug); ok {
			names[i] = term.Name.In(lang)
		}
		names[i] = l.room.Words.Say(lang, "newsletters.why.quoted", "Name", names[i])
	}
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " " + l.room.Words.Say(lang, "newsletters.why.and") + " " + names[last]
}
