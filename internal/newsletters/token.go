package newsletters

import (
	"context"
	"slices"
	"time"

	"unoxuno/internal/fault"
	"unoxuno/internal/locale"
	"unoxuno/internal/people"
)

// Purposes of the tokens that messages carry.
const (
	purposeUnsubscribe = "newsletters.unsubscribe" // ints: person, issue; never ends, since mail is kept for years
	purposeLeaveDigest = "newsletters.digest"      // ints: person, digest, issues…; never ends either
	purposeOwnPage     = "people.own-page"         // ints: person, address (of old: person); ends after ownPageLife
	purposeLink        = "newsletters.link"        // see linkToken; never ends
)

// ownPageLife is how long the link to her own page works: a mail that is passed on must not open it for ever.
const ownPageLife = 30 * 24 * time.Hour

// UnsubscribeToken lets whoever holds it end the person's subscription to the issue's newsletter, and nothing else.
func (r *Room) UnsubscribeToken(person, issue int64) string {
	return r.Sealer.Ints(purposeUnsubscribe, time.Time{}, person, issue)
}

// OwnPageToken opens the person's own page for thirty days, to manage subscriptions and their pace. It is sent to the
// address, and worth nothing once that is not hers any more.
func (r *Room) OwnPageToken(person, address int64) string {
	return r.Sealer.Ints(purposeOwnPage, r.Clock.Now().Add(ownPageLife), person, address)
}

// OpenOwnPage is what the token says; the fault newsletters.link.invalid when it was forged or its time is over. Tokens
// in older mails name no address.
func (r *Room) OpenOwnPage(token string) (people.OwnPageLink, error) {
	ints, err := r.Sealer.OpenAllInts(purposeOwnPage, token, r.Clock.Now())
	if err != nil || len(ints) < 1 || len(ints) > 2 {
		return people.OwnPageLink{}, fault.Expired("newsletters.link.invalid").Because(err)
	}
	link := people.OwnPageLink{Person: ints[0]}
	if len(ints) == 2 {
		link.Address = ints[1]
	}
	return link, nil
}

// leastDigest is how many numbers the token of a digest holds at least: person, digest, one issue.
const leastDigest = 3

// DigestToken lets whoever holds it end the person's subscriptions to the newsletters of these issues, which came to her
// in one digest, and nothing else. It names them all: of a digest that has gone nothing is kept about anybody.
func (r *Room) DigestToken(person, digest int64, issues ...int64) string {
	return r.Sealer.Ints(purposeLeaveDigest, time.Time{}, append([]int64{person, digest}, issues...)...)
}

// Farewell is what an unsubscribe link is about.
type Farewell struct {
	Person     int64
	Issue      int64
	Newsletter Newsletter
	Title      string // of the issue
	// Others are, of the link to leave all that came in one digest, the farewells to the newsletters of the other issues.
	Others []Farewell
}

// All are the farewells to each newsletter that the link is about, once.
func (f Farewell) All() []Farewell {
	others := f.Others
	f.Others = nil
	return append([]Farewell{f}, others...)
}

// OpenUnsubscribe reads the token of an unsubscribe link, for the page that asks; the fault newsletters.link.invalid when
// it was forged.
func (r *Room) OpenUnsubscribe(ctx context.Context, token string) (Farewell, error) {
	if ints, err := r.Sealer.OpenAllInts(purposeLeaveDigest, token, r.Clock.Now()); err == nil && len(ints) >= leastDigest {
		return r.farewells(ctx, ints[0], ints[2:])
	}
	ints, err := r.Sealer.OpenInts(purposeUnsubscribe, token, r.Clock.Now(), 2)
	if err != nil {
		return Farewell{}, fault.Expired("newsletters.link.invalid").Because(err)
	}
	return r.farewells(ctx, ints[0], ints[1:])
}

// farewells are the person's farewells to the newsletters of the issues.
func (r *Room) farewells(ctx context.Context, person int64, issues []int64) (Farewell, error) {
	var all []Farewell
	for _, id := range issues {
		i, n, err := anyIssue(ctx, r.DB, id)
		if err != nil {
			return Farewell{}, err
		}
		if !slices.ContainsFunc(all, func(f Farewell) bool { return f.Newsletter.Slug == n.Slug }) {
			all = append(all, Farewell{Person: person, Issue: i.ID, Newsletter: n, Title: i.Title})
		}
	}
	all[0].Others = all[1:]
	return all[0], nil
}

// OneClick unsubscribes at once, as a POST to the address of the List-Unsubscribe header asks (RFC 8058 §3.2): of a digest
// from every newsletter in it.
func (r *Room) OneClick(ctx context.Context, token string) error {
	f, err := r.OpenUnsubscribe(ctx, token)
	if err != nil {
		return err
	}
	for _, one := range f.All() {
		if err := r.Unsubscribe(ctx, Leaving{Person: one.Person, Newsletter: one.Newsletter.Slug, How: "one-click", Issue: one.Issue}); err != nil {
			return err
		}
	}
	return nil
}

// OneClickPath is the path of the List-Unsubscribe header: a POST to it unsubscribes.
func OneClickPath(token string) string { return "/u/" + token }

// UnsubscribePath is the path of the link in the body: a page that asks, since scanners follow links in bodies.
func UnsubscribePath(token string) string { return "/unsubscribe/" + token }

// OwnPagePath is the path of a person's own page.
func OwnPagePath(token string) string { return "/me/" + token }

// ArchivePath is the path of the page of an issue that was sent.
func ArchivePath(newsletter, slug string) string { return "/newsletters/" + newsletter + "/" + slug }

// ImagePath is the path of an uploaded image.
func ImagePath(name string) string { return "/media/" + name }

// url is the absolute address of a path, for a reader of lang: pages in the town's first language have no prefix.
func (r *Room) url(lang, path string) string {
	if lang != "" && lang != r.defaultLanguage() {
		return r.settings.PublicURL + "/" + lang + path
	}
	return r.settings.PublicURL + path
}

// ownPage is the absolute address of the person's own page, for a message to the address.
func (r *Room) ownPage(person, address int64, lang string) string {
	return r.url(lang, OwnPagePath(r.OwnPageToken(person, address)))
}

// readable is lang if the interface speaks it, else the town's first language.
func (r *Room) readable(lang string) string {
	for _, spoken := range locale.Languages() {
		if lang == spoken {
			return lang
		}
	}
	return r.defaultLanguage()
}
