package app

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"unoxuno/internal/people"
	"unoxuno/internal/storage"
	"unoxuno/internal/web"
)

// secretKind is a kind of text that the program makes so that nobody else can. A purpose that ends with * varies with what
// it is bound to.
type secretKind struct {
	purpose string // or, for what is drawn at random, the package that draws it
	holds   string // what is inside, encrypted; "" for a digest or a random text: what it stands for is on the server
	bound   string // what else it is bound to
	ends    string
	life    time.Duration                              // of a sealed one; 0: the token itself never ends
	mint    func(b *borgo) string                      // a sealed one, as the program makes it
	opens   func(pattern string, field bool) (it bool) // the routes that take a sealed one; field: in the form
}

const (
	days       = 24 * time.Hour
	signUpLife = 2 * days
)

// under accepts the routes below these paths, and no field of a form.
func under(prefixes ...string) func(string, bool) bool {
	return func(pattern string, field bool) bool {
		return !field && slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(pattern, p) })
	}
}

// secretKinds are all of them. What makes one and is not listed here fails the test below.
func secretKinds() []secretKind {
	return slices.Concat(houseSecrets(), mailSecrets(), personSecrets())
}

// houseSecrets are those of accounts, counts and the journal.
func houseSecrets() []secretKind {
	return []secretKind{
		{
			purpose: "identity.invitation *", holds: "the account", bound: "the password that was there", ends: "after 7 days, or used",
			life: 7 * days, opens: under("/office/invitation/{token}"), mint: func(b *borgo) string {
				token, err := b.identity.Invitation(b.ctx, b.admin.ID)
				b.must(err)
				return token
			},
		},
		{purpose: "code of a mobile", bound: "account and number", ends: "after 10 minutes, 5 tries, or used"},
		{purpose: "network of a sign-in", bound: "the network", ends: "with the audit line; never leaves the server"},
		{purpose: "pace of tries", bound: "who tries what", ends: "when the tries are paid off; never leaves the server"},
		{purpose: "random in identity", bound: "account or role; a digest is kept", ends: "after a year at most, revoked, or with the account"},

		{purpose: "disclosure.*", bound: "those counted, and the question", ends: "never; only a rounded number is seen"},
		{purpose: "disclosure asked", bound: "the question", ends: "after the day; never leaves the server"},
		{purpose: "journal.person", bound: "the person", ends: "with the file; never leaves the server"},
		{purpose: "journal.facts", holds: "what was taken from her", bound: "entry and person", ends: "with the file; never leaves the server"},
	}
}

// mailSecrets are those that messages carry.
func mailSecrets() []secretKind {
	return []secretKind{
		{
			purpose: "delivery.envelope", holds: "batch, person, five bytes of a digest of her address", bound: "her address", ends: "never: bounces come late",
			opens: under(), mint: (*borgo).envelopeToken,
		},
		{purpose: "delivery.message-id", bound: "batch and person", ends: "never; nothing takes it"},
		{purpose: "delivery.suppression", bound: "the address", ends: "with the row; never leaves the server"},
		{purpose: "delivery.sms.callback", ends: "with the town's secret; the gateway alone is told"},
		{purpose: "delivery.sms.reference", bound: "batch and person", ends: "with the receipts' rows"},

		{
			purpose: "newsletters.unsubscribe", holds: "person, issue", bound: "the issue's newsletter", ends: "never: a mail is kept for years",
			opens: under("/unsubscribe/{token}", "/u/{token}"), mint: (*borgo).unsubscribeToken,
		},
		{
			purpose: "newsletters.digest", holds: "person, digest, issues", bound: "their newsletters", ends: "never, likewise",
			opens: under("/unsubscribe/{token}", "/u/{token}"), mint: func(b *borgo) string { return b.newsletters.DigestToken(b.maria, 1, b.sent.ID) },
		},
		{
			purpose: "newsletters.undo", holds: "person, numbers of the rows that her leaving wrote", bound: "her own link", ends: "after an hour",
			life: time.Hour, mint: (*borgo).undoToken, opens: func(_ string, field bool) bool { return field },
		},
		{
			purpose: "people.own-page", holds: "person, address", bound: "the address, and dies with it", ends: "after 30 days",
			life: 30 * days, opens: under("/me/{token}"), mint: (*borgo).ownToken,
		},
		{purpose: "newsletters.link", bound: "issue and number of the link, the same for all", ends: "never; says nothing of anybody"},
		{
			purpose: "newsletters.reader *", holds: "person", bound: "the issue", ends: "after 90 days, or with her consent",
			life: 90 * days, opens: under(), mint: func(b *borgo) string { return b.newsletters.ReaderToken(b.sent.ID, b.maria) },
		},
	}
}

// personSecrets are those by which somebody proves that an address is hers; and what is drawn elsewhere.
func personSecrets() []secretKind {
	return []secretKind{
		{
			purpose: "people.join", holds: "the sign-up", bound: "the address that waits there", ends: "with the sign-up",
			life: signUpLife, opens: under("/join/confirm/{token}"), mint: func(b *borgo) string { return b.tokenFor("people.join", b.pending) },
		},
		{
			purpose: "people.address", holds: "what waits", bound: "the address that waits there", ends: "likewise",
			life: signUpLife, opens: under("/address/{token}"), mint: func(b *borgo) string { return b.tokenFor("people.address", b.asked) },
		},
		{
			purpose: "people.code", holds: "the sign-up, and where the code leads", bound: "the number that waits there", ends: "likewise",
			life: signUpLife, opens: under("/code/{token}", "/office/people/{id}/code/{token}"),
			mint: func(b *borgo) string { return b.sealer.Ints("people.code", b.phoned.Expires, b.phoned.ID, 0) },
		},
		{purpose: "people.code-digits", bound: "sign-up or entry, and the moment", ends: "after 10 minutes, 5 tries, or used"},
		{
			purpose: "people.entry", holds: "the entry, and the page it leads to", bound: "the address it was sent to", ends: "after 10 minutes, or used",
			life: people.EntryLife, opens: under("/me/{token}"), mint: func(b *borgo) string { return b.entryToken("people.entry") },
		},
		{
			purpose: "people.entry-code", holds: "the entry, and the page it leads to", bound: "the number it was sent to", ends: "likewise",
			life: people.EntryLife, opens: under("/code/{token}"), mint: func(b *borgo) string { return b.entryToken("people.entry-code") },
		},
		{purpose: "random in people", bound: "person and address; a digest is kept", ends: "after an hour, or with the address"},
		{purpose: "random in web", ends: "with the answer: the nonce of its scripts"},
		{purpose: "random in app", ends: "never: the town's secret"},
	}
}

// A token that the source makes is in the table, and a purpose has one maker: what is sealed for one use is never a digest
// for another.
func TestEverySecretKindIsListed(t *testing.T) {
	t.Parallel()
	made := secretsMade(t)
	listed := map[string]bool{}
	for _, kind := range secretKinds() {
		if listed[kind.purpose] {
			t.Errorf("%s is listed twice", kind.purpose)
		}
		if kind.ends == "" {
			t.Errorf("say when %s ends", kind.purpose)
		}
		listed[kind.purpose] = true
		how, ok := made[kind.purpose]
		if !ok {
			t.Errorf("%s is listed and nothing makes it", kind.purpose)
		}
		if sealed := slices.ContainsFunc(how, func(h string) bool { return !strings.HasSuffix(h, " Digest") && !strings.HasSuffix(h, " Text") }); sealed != (kind.holds != "") {
			t.Errorf("%s is made by %v and listed as holding %q", kind.purpose, how, kind.holds)
		}
		if kind.holds != "" && kind.mint == nil && !strings.Contains(kind.ends, "never leaves") {
			t.Errorf("%s goes out: say how one is made and what takes it", kind.purpose)
		}
	}
	for purpose, how := range made {
		if !listed[purpose] {
			t.Errorf("%v makes %q: list it in secretKinds, with what it holds, what it is bound to and when it ends", how, purpose)
		}
		if len(how) > 1 && !strings.HasPrefix(purpose, "random") {
			t.Errorf("%q is made for more than one use, by %v", purpose, how)
		}
		for other := range made {
			if start, varies := strings.CutSuffix(purpose, "*"); varies && other != purpose && strings.HasPrefix(other, start) {
				t.Errorf("%q may be the same as %q", purpose, other)
			}
		}
	}
}

// sealedKinds are those that go out.
func sealedKinds() []secretKind {
	return slices.DeleteFunc(secretKinds(), func(k secretKind) bool { return k.mint == nil })
}

// What was made for one purpose is refused wherever another is taken, and there changes nothing.
func TestATokenOpensNothingElse(t *testing.T) {
	eachEngine(t, func(t *testing.T, b *borgo) {
		links := regexp.MustCompile(`/(l|o)/`)
		admin := b.signedIn(b.admin)
		paths := map[string]string{}
		for _, route := range b.site.Routes() {
			if strings.Contains(route.Path(), "{token}") && !links.MatchString(route.Path()) {
				// What else stands in the path is right; the token is not.
				paths[route.Pattern] = strings.ReplaceAll(b.addressOf(web.Route{Pattern: strings.ReplaceAll(route.Pattern, "{token}", "TOKEN")}), "TOKEN", "{token}")
			}
		}
		if len(paths) < 30 {
			t.Fatalf("only %d routes take a token", len(paths))
		}
		for _, kind := range sealedKinds() {
			token := kind.mint(b)
			before := b.snapshot("identity_", "people_asked")
			for _, route := range b.site.Routes() {
				path, ok := paths[route.Pattern]
				if !ok || kind.opens(route.Path(), false) {
					continue
				}
				if a := b.ask(admin, route.Method(), strings.ReplaceAll(path, "{token}", token), url.Values{"undo": {token}, "code": {"123456"}}); a.status < 400 || a.status >= 500 {
					t.Errorf("%s answers a token of %s with %d %s", route.Pattern, kind.purpose, a.status, a.header.Get("Location"))
				}
			}
			if !kind.opens("", true) {
				a := b.ask(admin, http.MethodPost, "/unsubscribe/"+b.unsubscribeToken()+"/undo", url.Values{"undo": {token}})
				if a.status != http.StatusGone {
					t.Errorf("the way back takes a token of %s: %d", kind.purpose, a.status)
				}
			}
			if _, _, err := b.newsletters.OpenLink(token); err == nil {
				t.Errorf("a token of %s leads to a link", kind.purpose)
			}
			if raw, err := base64.RawURLEncoding.DecodeString(token); err == nil && kind.purpose != "delivery.envelope" {
				coded := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw)
				if _, err := b.delivery.OpenBounce("b-" + coded + "@" + b.town.Town().Domain); err == nil {
					t.Errorf("a token of %s is taken for an envelope", kind.purpose)
				}
			}
			if _, err := b.delivery.SMSHooks(token); err == nil {
				t.Errorf("a token of %s is taken for a gateway's", kind.purpose)
			}
			if kind.purpose != "newsletters.reader *" {
				b.ask(b.browser(), http.MethodGet, b.newsletters.LinkPath(b.sent.ID, 1)+"/"+token, nil, "User-Agent", "Mozilla/5.0 (X11; rv:130.0) Firefox/130.0")
			}
			for _, row := range changed(before, b.snapshot("identity_", "people_asked")) {
				t.Errorf("a token of %s changed something where it is not taken: %s", kind.purpose, row)
			}
			b.now.Advance(20 * time.Minute) // a visitor may not ask for too much at once
		}
	})
}

// Nothing can be read in what goes out, whichever of the usual codings is taken off.
func TestNothingCanBeReadInWhatGoesOut(t *testing.T) {
	t.Parallel()
	b := newBorgo(t, storage.SQLite)
	person := fmt.Sprint(b.maria)
	for _, kind := range sealedKinds() {
		token := kind.mint(b)
		forms := []string{token}
		for cut := range 4 {
			raw, _ := base64.RawURLEncoding.DecodeString(token[min(cut, len(token)):])
			forms = append(forms, string(raw))
		}
		raw, _ := base64.RawURLEncoding.DecodeString(token)
		var body []byte
		if len(raw) > 16 {
			body = raw[16:]
		}
		forms = append(forms, string(body))
		for _, form := range forms {
			for _, plain := range []string{
				"maria", "rossi", "citta.example", "teatro", person,
				string(binary.BigEndian.AppendUint64(nil, uint64(b.maria))), string(binary.AppendVarint(nil, b.maria)),
			} {
				if strings.Contains(strings.ToLower(form), strings.ToLower(plain)) {
					t.Errorf("a token of %s shows %q", kind.purpose, plain)
				}
			}
		}
	}
	for _, mail := range b.relay.Mails() {
		for _, header := range []string{"Message-ID", "List-Unsubscribe"} {
			if value := strings.ToLower(mail.Header(header)); strings.Contains(value, "maria") || strings.Contains(value, person) {
				t.Errorf("%s: %s", header, value)
			}
		}
	}
}

// A token opens until its end, and from then on nothing.
func TestTokensEnd(t *testing.T) {
	t.Parallel()
	for _, kind := range sealedKinds() {
		if kind.life == 0 || kind.purpose == "newsletters.reader *" || kind.purpose == "newsletters.undo" { // newsletters holds these
			continue
		}
		t.Run(kind.purpose, func(t *testing.T) {
			t.Parallel()
			b := newBorgo(t, storage.SQLite)
			token := kind.mint(b)
			var path string
			for _, route := range b.gets() {
				if path == "" && strings.HasSuffix(route.Path(), "/{token}") && kind.opens(route.Path(), false) && !strings.HasPrefix(route.Path(), "/office/people") {
					path = strings.ReplaceAll(route.Path(), "{token}", token)
				}
			}
			b.now.Advance(kind.life - time.Second)
			if a := b.ask(b.browser(), http.MethodGet, path, nil); a.status != http.StatusOK {
				t.Errorf("a second before its end: %d", a.status)
			}
			b.now.Advance(time.Second)
			if a := b.ask(b.browser(), http.MethodGet, path, nil); a.status != http.StatusGone {
				t.Errorf("at its end: %d", a.status)
			}
		})
	}
}

// envelopeToken is what stands in the envelope of the mail that Maria got, as the other tokens are written.
func (b *borgo) envelopeToken() string {
	b.t.Helper()
	for _, m := range b.relay.Mails() {
		if m.To == "maria@citta.example" {
			local, _, _ := strings.Cut(m.From, "@")
			raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(strings.TrimPrefix(local, "b-")))
			b.must(err)
			return base64.RawURLEncoding.EncodeToString(raw)
		}
	}
	b.t.Fatal("no mail to Maria")
	return ""
}

// undoToken is what the page of goodbye carries.
func (b *borgo) undoToken() string {
	b.t.Helper()
	page := b.ask(b.browser(), http.MethodPost, "/unsubscribe/"+b.unsubscribeToken()+"/all", url.Values{}).body
	found := regexp.MustCompile(`name="undo" value="([^"]+)"`).FindStringSubmatch(page)
	if found == nil {
		b.t.Fatal("the page of goodbye offers no way back")
	}
	return found[1]
}

func (b *borgo) entryToken(purpose string) string {
	b.t.Helper()
	var e people.Entry
	b.must(b.db.Tx(b.ctx, func(tx *storage.Tx) (err error) {
		e, err = b.people.AskEntryIn(b.ctx, tx, people.Email, "maria@citta.example")
		return err
	}))
	return b.sealer.Ints(purpose, e.Expires, e.ID, 0)
}
