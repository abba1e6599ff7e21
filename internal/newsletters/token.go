package newsletters

import (
	"context"
	"slices"
	"time"

	"unoxuno/internal/fault"
	"unoxuno/internal/locale"
	"unoxuno/internal/people"
)

// The purposes of the tokens in messages.
const (
	purposeUnsubscribe = "newsletters.unsubscribe" // ints: person, issue; never expires, since mail is kept for years
	purposeLeaveDigest = "newsletters.digest"      // ints: person, digest, issues…; never expires either
	purposeOwnPage     = "people.own-page"         // ints: person, address (older: person); expires after ownPageLife
	purposeLink        = "newsletters.link"        // see linkToken; never expires
)

// ownPageLife is how long the link to her own page is valid: a forwarded mail must not open it for ever.
const ownPageLife = 30 * 24 * time.Hour

// UnsubscribeToken returns a token that ends the person's subscription to the issue's newsletter, and does nothing
// else.
func (r *Room) UnsubscribeToken(person, issue int64) string {
	return r.Sealer.Ints(purposeUnsubscribe, time.Time{}, person, issue)
}

// OwnPageToken opens the person's own page for thirty days, to manage subscriptions and their pace. It is sent to the
// address, and is invalid once the address is no longer hers.
func (r *Room) OwnPageToken(person, address int64) string {
	return r.Sealer.Ints(purposeOwnPage, r.Clock.Now().Add(ownPageLife), person, address)
}

// OpenOwnPage returns the content of the token; the fault newsletters.link.invalid if it was forged or has expired.
// Tokens in older mails contain no address.
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

// leastDigest is the smallest number of ints in the token of a digest: person, digest, one issue.
const leastDigest = 3

// DigestToken returns a token that ends the person's subscriptions to the newsletters of these issues, which came in
// one digest, and does nothing else. It contains all issues, because after a digest was sent nothing about its content
// is kept for a person.
func (r *Room) DigestToken(person, digest int64, issues ...int64) string {
	return r.Sealer.Ints(purposeLeaveDigest, time.Time{}, append([]int64{person, digest}, issues...)...)
}

// Farewell is the content of an unsubscribe link.
type Farewell struct {
	Person     int64
	Issue      int64
	Newsletter Newsletter
	Title      string // of the issue
	// Others are the farewells to the newsletters of the other issues in a digest.
	Others []Farewell
}

// All returns the farewell to each newsletter of the link, once.
func (f Farewell) All() []Farewell {
	others := f.Others
	f.Others = nil
	return append([]Farewell{f}, others...)
}

// OpenUnsubscribe reads the token of an unsubscribe link, for the page that asks for confirmation; the fault
// newsletters.link.invalid if it was forged.
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

// farewells returns the person's farewells to the newsletters of the issues.
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

// OneClick unsubscribes at once, for a POST to the List-Unsubscribe URL (RFC 8058 §3.2). For a digest it unsubscribes
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

// OneClickPath returns the path in the List-Unsubscribe header: a POST to it unsubscribes.
func OneClickPath(token string) string { return "/u/" + token }

// UnsubscribePath returns the path of the link in the body. Its page asks for confirmation, because scanners follow
// links in bodies.
func UnsubscribePath(token string) string { return "/unsubscribe/" + token }

// OwnPagePath returns the path of a person's own page.
func OwnPagePath(token string) string { return "/me/" + token }

// ArchivePath returns the path of the page of a sent issue.
func ArchivePath(newsletter, slug string) string { return "/newsletters/" + newsletter + "/" + slug }

// ImagePath returns the path of an uploaded image.
func ImagePath(name string) string { return "/media/" + name }

// url returns the absolute URL of a path, for a reader of lang: pages in the town's first language have no prefix.
func (r *Room) url(lang, path string) string {
	if lang != "" && lang != r.defaultLanguage() {
		return r.settings.PublicURL + "/" + lang + path
	}
	return r.settings.PublicURL + path
}

// ownPage returns the absolute URL of the person's own page, for a message to the address.
func (r *Room) ownPage(person, address int64, lang string) string {
	return r.url(lang, OwnPagePath(r.OwnPageToken(person, address)))
}

// readable returns lang if the interface has it, otherwise the town's first language.
func (r *Room) readable(lang string) string {
	for _, spoken := range locale.Languages() {
		if lang == spoken {
			return lang
		}
	}
	return r.defaultLanguage()
}
