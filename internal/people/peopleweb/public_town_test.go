package peopleweb_test

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/html"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/delivery/email"
	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/fault"
	"unoxuno/internal/locale"
	"unoxuno/internal/people"
	"unoxuno/internal/people/peopleweb"
	"unoxuno/internal/seal"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
	"unoxuno/internal/taxonomy"
	"unoxuno/internal/web"
)

// publicTown is a town with its citizen's pages. Only the newsletters, which a higher room keeps, are fake.
type publicTown struct {
	t      *testing.T
	db     *storage.DB
	clock  *clock.Manual
	keys   keys
	people *people.People
	shelf  *shelf
	post   *delivery.Room
	pages  *peopleweb.Pages
	sink   *deliverytest.Sink
	site   *web.Site
	url    string
	jar    http.CookieJar // of the current browser
	mu     sync.Mutex
	texts  []sms.Message // accepted by the gateway
	silent atomic.Bool   // the town sends no text messages
}

// eachTown runs a test in a new town on each engine.
func eachTown(t *testing.T, test func(t *testing.T, town *publicTown)) {
	t.Helper()
	storagetest.Each(t, func(t *testing.T, db *storage.DB) { test(t, newPublicTown(t, db)) },
		storage.Schema{Room: "taxonomy", Files: taxonomy.Schema()},
		storage.Schema{Room: "people", Files: people.Schema()},
		storage.Schema{Room: "delivery", Files: delivery.Schema()})
}

func newPublicTown(t *testing.T, db *storage.DB) *publicTown {
	t.Helper()
	ctx := context.Background()
	now := clock.At(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	vocabulary := taxonomy.New(db)
	must(t, vocabulary.EnsureDefaults(ctx))
	sealer := seal.New([]byte("a secret for tests"))
	room := people.New(db, now, vocabulary, func() people.Town { return people.Town{Region: "IT", Languages: []string{"it", "en"}} })
	town := &publicTown{t: t, db: db, clock: now, keys: keys{sealer, now}, people: room, sink: deliverytest.New(t, deliverytest.Options{})}
	town.shelf = &shelf{people: room, has: map[int64][]string{}, by: map[string]people.Channel{}, read: map[int64][]peopleweb.Read{}}
	room.PlugSubscriptions(plug{town.shelf})
	var err error
	town.post, err = delivery.New(db, now, sealer, slog.New(slog.DiscardHandler), delivery.Settings{
		SMTPURL: town.sink.URL(), From: email.Mailbox{Name: "Comune di Borgo", Address: "news@borgo.example"}, Domain: "borgo.example",
		SMS: delivery.SMSSettings{Gateway: sms.Pretend(town.take)},
	})
	must(t, err)
	t.Cleanup(func() { _ = town.post.Close() })
	words, err := locale.Load(web.Words(), people.Words(), taxonomy.Words(), delivery.Words(), peopleweb.PublicWords())
	must(t, err)
	town.post.PlugHolders(func(ctx context.Context, channel, address string) (bool, error) {
		return room.HasHolder(ctx, people.Channel(channel), address)
	})
	town.pages = peopleweb.New(peopleweb.Options{
		People: room, Taxonomy: vocabulary, DB: db, Clock: now, Sealer: sealer,
		Newsletters: town.shelf, OwnPage: keys{sealer, now}, Mailer: town.post,
		Texting: func() bool { return !town.silent.Load() },
		Gone:    func(ctx context.Context, address string) (bool, error) { return town.post.Gone(ctx, db, address) },
	})
	room.PlugAddressAdded(town.pages.TellAdded)
	town.anotherBrowser()
	server := httptest.NewUnstartedServer(nil)
	town.url = "http://" + server.Listener.Addr().String()
	town.site, err = web.New(web.Options{
		Words: words, Log: slog.New(slog.DiscardHandler), PublicURL: town.url,
		Town: func(context.Context) web.Town {
			return web.Town{Name: "Comune di Borgo", Domain: "borgo.example", Languages: []string{"it", "en"}, Zone: time.UTC}
		},
	})
	must(t, err)
	must(t, town.site.Handle(town.pages.PublicRoutes()...))
	server.Config.Handler = town.site
	server.Start()
	t.Cleanup(server.Close)
	return town
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// keys makes and opens the tokens of own pages, as the newsletters room does.
type keys struct {
	sealer *seal.Sealer
	clock  clock.Clock
}

func (k keys) OwnPageToken(person, address int64) string {
	return k.sealer.Ints("people.own-page", k.clock.Now().Add(30*24*time.Hour), person, address)
}

func (k keys) OpenOwnPage(token string) (people.OwnPageLink, error) {
	ids, err := k.sealer.OpenAllInts("people.own-page", token, k.clock.Now())
	if err != nil {
		return people.OwnPageLink{}, fault.Expired("people.signup.gone")
	}
	return people.OwnPageLink{Person: ids[0], Address: append(ids, 0)[1]}, nil
}

// shelf replaces the room that keeps newsletters, which is a floor above.
type shelf struct {
	people *people.People
	has    map[int64][]string
	by     map[string]people.Channel
	read   map[int64][]peopleweb.Read
	pace   peopleweb.PaceChoice
	paused time.Time
}

func (s *shelf) Offered(context.Context) ([]peopleweb.Offer, error) {
	return []peopleweb.Offer{
		{Slug: "scuola", Name: "Scuola aperta", Description: "Iscrizioni e mense.", Topics: []string{"istruzione"}, For: []string{"genitore"}},
		{Slug: "rifiuti", Name: "Il cassonetto", Description: "Raccolte e orari.", Topics: []string{"gestione-rifiuti"}},
		{Slug: "sport", Name: "In campo", Description: "Tornei e palestre.", Topics: []string{"sport"}, Sensitive: true},
	}, nil
}

func (s *shelf) SubscriptionsOf(ctx context.Context, person int64) (list []peopleweb.Subscription, err error) {
	for _, slug := range s.has[person] {
		if slug == "sport" && access.From(ctx).SightOf(person) != access.Whole {
			continue
		}
		list = append(list, peopleweb.Subscription{Newsletter: slug, Name: slug})
	}
	return list, nil
}

func (s *shelf) ReceivedBy(ctx context.Context, person int64) (list []peopleweb.Received, err error) {
	offers, _ := s.Offered(ctx)
	for _, o := range offers {
		if slices.Contains(s.has[person], o.Slug) {
			list = append(list, peopleweb.Received{Slug: o.Slug, Name: o.Name, Why: "l’hai chiesto tu", Subscribed: true, Sensitive: o.Sensitive, Channel: s.channel(o.Slug)})
		}
	}
	return list, nil
}

func (s *shelf) channel(slug string) people.Channel {
	if chosen := s.by[slug]; chosen != "" {
		return chosen
	}
	return people.Email
}

func (s *shelf) ReadBy(_ context.Context, person int64) ([]peopleweb.Read, error) {
	return s.read[person], nil
}

func (s *shelf) ChooseChannel(_ context.Context, _ int64, slug string, channel people.Channel) error {
	s.by[slug] = channel
	return nil
}

func (s *shelf) PaceOf(_ context.Context, person int64) (peopleweb.Pace, error) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	p := peopleweb.Pace{
		Profile: cmp.Or(s.pace.Profile, "at-once"), MostAWeek: s.pace.MostAWeek, TownMost: 5, MostChoice: 5, Paused: s.paused, Today: now,
		Daily: now.Add(22 * time.Hour), Weekly: now.Add(4*24*time.Hour - 2*time.Hour),
	}
	for _, slug := range s.has[person] {
		p.Newsletters = append(p.Newsletters, peopleweb.Paced{
			Slug: slug, Name: slug, Pace: cmp.Or(s.pace.Paces[slug], "at-once"), Sensitive: slug == "sport",
		})
	}
	return p, nil
}

func (s *shelf) ChoosePace(_ context.Context, _ int64, c peopleweb.PaceChoice) error {
	if c.MostAWeek < 0 || c.MostAWeek > 5 {
		return fault.Invalid("newsletters.most.range", "Max", 5).On("most_a_week")
	}
	s.pace = c
	return nil
}

func (s *shelf) Pause(_ context.Context, _ int64, until string) (err error) {
	if s.paused, err = time.Parse(time.DateOnly, until); err != nil {
		return fault.Invalid("newsletters.pause.malformed", "Text", until).On("until")
	}
	return nil
}

func (s *shelf) EndPause(context.Context, int64) error {
	s.paused = time.Time{}
	return nil
}

func (s *shelf) Subscribe(ctx context.Context, person int64, slug string) error {
	s.has[person] = append(s.has[person], slug)
	return s.people.Grant(ctx, person, people.Grant{Purpose: people.ForNewsletter, Source: "own-page"})
}

func (s *shelf) Unsubscribe(_ context.Context, person int64, slug string) error {
	s.has[person] = slices.DeleteFunc(s.has[person], func(has string) bool { return has == slug })
	return nil
}

// plug is the shelf as people.Subscriptions.
type plug struct{ *shelf }

func (s plug) Tables() ([]string, string) { return nil, "" }

func (s plug) CountsReadTo(context.Context, storage.Queryer) (int64, error) {
	return math.MaxInt64, nil
}

func (s plug) Known(context.Context, storage.Queryer) ([]people.Offer, error) {
	return []people.Offer{{Slug: "scuola"}, {Slug: "rifiuti"}, {Slug: "sport"}}, nil
}

func (s plug) Of(_ context.Context, _ storage.Queryer, person int64) ([]string, error) {
	return s.has[person], nil
}

func (s plug) Subscribed(b *storage.Builder, _, _ string) { b.Add("1 = 0") }

func (s plug) Tied(b *storage.Builder, _ people.Tie, _ func(*storage.Builder, string)) {
	b.Add("SELECT '' AS word, 0 AS person WHERE 1 = 0")
}

func (s plug) Subscribe(_ context.Context, _ *storage.Tx, asked []people.Asked) (began []int64, err error) {
	for _, a := range asked {
		s.has[a.Person] = append(s.has[a.Person], a.Newsletter)
		began = append(began, a.Person)
	}
	return began, nil
}

// answer is a response of the site.
type answer struct {
	status   int
	location string
	header   http.Header
	body     string
}

// anotherBrowser switches to a new browser.
func (town *publicTown) anotherBrowser() {
	town.t.Helper()
	var err error
	town.jar, err = cookiejar.New(nil)
	must(town.t, err)
}

func (town *publicTown) do(req *http.Request) answer {
	town.t.Helper()
	client := http.Client{Jar: town.jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	must(town.t, err)
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	must(town.t, err)
	return answer{res.StatusCode, res.Header.Get("Location"), res.Header, string(body)}
}

func (town *publicTown) get(path string) answer {
	town.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, town.url+path, nil)
	must(town.t, err)
	return town.do(req)
}

func (town *publicTown) send(path string, form url.Values) answer {
	town.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, town.url+path, strings.NewReader(form.Encode()))
	must(town.t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return town.do(req)
}

// mails sends what was posted and returns all mails received so far.
func (town *publicTown) mails() []deliverytest.Mail {
	town.t.Helper()
	_, err := town.post.SendNotes(context.Background())
	must(town.t, err)
	return town.sink.Mails()
}

// lastTo returns the last mail to the address.
func (town *publicTown) lastTo(address string) deliverytest.Mail {
	town.t.Helper()
	for _, m := range slices.Backward(town.mails()) {
		if m.To == address {
			return m
		}
	}
	town.t.Fatalf("no mail to %s", address)
	return deliverytest.Mail{}
}

// linkIn returns the path of the link in the last mail to the address.
func (town *publicTown) linkIn(address string) string {
	town.t.Helper()
	m := town.lastTo(address)
	link := regexp.MustCompile(regexp.QuoteMeta(town.url) + `(/\S+)`).FindStringSubmatch(m.Text())
	if link == nil || !strings.Contains(m.HTML(), link[0]) {
		town.t.Fatalf("no link in both readings of the mail:\n%s", m.Text())
	}
	return link[1]
}

// joined signs up with that address and returns the path of the own page.
func (town *publicTown) joined(address string, form url.Values) string {
	town.t.Helper()
	fields := url.Values{"go": {"send"}, "address": {address}, "newsletters": {"rifiuti"}, "agree": {"1"}}
	for name, values := range form {
		fields[name] = values
	}
	if a := town.send("/join", fields); a.status != http.StatusSeeOther || a.location != "/join/sent" {
		town.t.Fatalf("sign-up: %d %s\n%s", a.status, a.location, a.body)
	}
	a := town.send(town.linkIn(address), nil)
	page, ok := strings.CutSuffix(a.location, "/welcome")
	if a.status != http.StatusSeeOther || !ok {
		town.t.Fatalf("confirmation: %d %s\n%s", a.status, a.location, a.body)
	}
	return page
}

// fieldsOf returns the answers in a page's form: what a browser would send if nothing were touched.
func fieldsOf(t *testing.T, page string) url.Values {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	must(t, err)
	form := url.Values{}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || n.Data != "input" && n.Data != "option" {
			continue
		}
		attrs := map[string]string{}
		for _, a := range n.Attr {
			attrs[a.Key] = a.Val
		}
		_, checked := attrs["checked"]
		_, chosen := attrs["selected"]
		switch {
		case n.Data == "option" && chosen:
			for parent := n.Parent; parent != nil; parent = parent.Parent {
				for _, a := range parent.Attr {
					if parent.Data == "select" && a.Key == "name" {
						form.Add(a.Val, attrs["value"])
					}
				}
			}
		case n.Data == "option", (attrs["type"] == "checkbox" || attrs["type"] == "radio") && !checked:
		default:
			form.Add(attrs["name"], attrs["value"])
		}
	}
	return form
}
