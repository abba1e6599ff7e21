package sms_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/delivery/sms/smstest"
	"unoxuno/internal/fault"
)

// provider is an HTTP interface that answers as it is told, and keeps what it is asked.
type provider struct {
	*httptest.Server
	asked chan *http.Request // its body read into Form, or Body
	calls atomic.Int32
}

func newProvider(t *testing.T, answer http.HandlerFunc) *provider {
	p := &provider{asked: make(chan *http.Request, 100)}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.calls.Add(1)
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		p.asked <- r.Clone(context.Background())
		answer(w, r)
	}))
	t.Cleanup(p.Close)
	return p
}

func says(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}
}

func TestAJSONProvider(t *testing.T) {
	p := newProvider(t, says(201, `{"messages":[{"id":"abc-1"}]}`))
	g := open(t, p.URL+"/v1/sms?key=k%26k&to={to}#source=Comune", sms.Setup{Template: sms.Template{
		Body:    `{"to":["{digits}"],"from":"{from}","body":{"text":"{text}","ref":"{reference}"},"flash":false,"ttl":3600}`,
		Headers: []string{"Authorization: Bearer t0ken", "X-Api-Version: 2"},
		ID:      `"id":"([^"]+)"`,
	}})
	text := "Ha detto: \"{reference}\" & \\ \n</script>\u2028 {to}"
	ids, err := g.Send(t.Context(), to(t, text))
	if err != nil || len(ids) != 1 || ids[0] != "abc-1" {
		t.Fatalf("%v, %v", ids, err)
	}
	r := next(t, p.asked)
	var got struct {
		To    []string
		From  string
		Body  struct{ Text, Ref string }
		Flash *bool
		TTL   int
	}
	if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got.To[0] != "393331234567" || got.From != "Comune" || got.Body.Text != text || got.Body.Ref != "ref1" || got.Flash == nil || got.TTL != 3600 {
		t.Errorf("%+v", got)
	}
	if r.Method != "POST" || r.URL.Path != "/v1/sms" || r.URL.Query().Get("key") != "k&k" || r.URL.Query().Get("to") != "+393331234567" ||
		r.Header.Get("Authorization") != "Bearer t0ken" || r.Header.Get("X-Api-Version") != "2" || r.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
	}
}

func TestAFormProviderAndAQueryProvider(t *testing.T) {
	p := newProvider(t, says(200, "OK"))
	form := open(t, strings.Replace(p.URL, "://", "://us%40er:p%3Aw@", 1)+"/send", sms.Setup{Template: sms.Template{Body: "to={to}&text={text}&type=sms"}})
	text := "a&to=+1&b=c d+e%41 è"
	if ids, err := form.Send(t.Context(), to(t, text)); err != nil || ids[0] != "ref1" {
		t.Fatalf("%v, %v", ids, err)
	}
	r := next(t, p.asked)
	if user, password, _ := r.BasicAuth(); user != "us@er" || password != "p:w" {
		t.Errorf("%q %q", user, password)
	}
	if err := r.ParseForm(); err != nil || r.PostForm.Get("text") != text || len(r.PostForm["to"]) != 1 || r.PostForm.Get("type") != "sms" {
		t.Errorf("%v, %v", r.PostForm, err)
	}
	query := open(t, p.URL+"/send?to={digits}&text={text}&x=", sms.Setup{})
	if _, err := query.Send(t.Context(), to(t, text)); err != nil {
		t.Fatal(err)
	}
	r = next(t, p.asked)
	if q := r.URL.Query(); r.Method != "GET" || q.Get("text") != text || q.Get("to") != "393331234567" || len(q["to"]) != 1 {
		t.Errorf("%s %s", r.Method, r.URL)
	}
}

func TestAnswersOfAProvider(t *testing.T) {
	template := sms.Template{Accepted: `"ok":true`, Refused: `invalid number`, Unknown: `unknown subscriber`}
	for name, c := range map[string]struct {
		status int
		text   string
		want   error
	}{
		"taken":          {200, `{"ok":true}`, nil},
		"an error in OK": {200, `{"ok":false}`, &sms.Later{Code: 200, Reason: sms.Other}},
		"refused":        {200, `invalid number`, &sms.Permanent{Code: 200, Reason: sms.Other}},
		"refused by 400": {400, `invalid number`, &sms.Permanent{Code: 400, Reason: sms.Other}},
		"nobody's":       {400, `invalid number: unknown subscriber`, &sms.Permanent{Code: 400, Reason: sms.NumberUnknown}},
		"our mistake":    {400, `what?`, &sms.Later{Code: 400, Reason: sms.Other}},
		"its mistake":    {500, `oops`, &sms.Later{Code: 500, Reason: sms.Other}},
		"too fast":       {429, ``, &sms.Later{Code: 429, Reason: sms.Temporary}},
		"a password":     {401, ``, &sms.Unreachable{}},
		"no credit":      {402, ``, &sms.Unreachable{}},
		"not there":      {404, ``, &sms.Unreachable{}},
		"a redirection":  {302, ``, &sms.Unreachable{}},
		"down":           {503, ``, &sms.Unreachable{}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t, says(c.status, c.text))
			g := open(t, p.URL+"/?to={to}&text={text}", sms.Setup{Template: template})
			_, err := g.Send(t.Context(), to(t, "x"))
			var down, wantDown *sms.Unreachable
			switch {
			case errors.As(c.want, &wantDown):
				if !errors.As(err, &down) || g.Health().Up {
					t.Errorf("%v, %+v", err, g.Health())
				}
			case (err == nil) != (c.want == nil) || err != nil && err.Error() != c.want.Error() || !g.Health().Up:
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

func TestAConnectionThatBreaksIsNotTriedAgainByItself(t *testing.T) {
	for _, query := range []string{"/?to={to}&text={text}", "/"} {
		hangUp := false
		p := newProvider(t, func(w http.ResponseWriter, _ *http.Request) {
			if hangUp {
				panic(http.ErrAbortHandler)
			}
			w.WriteHeader(200)
		})
		template := sms.Template{}
		if query == "/" {
			template.Body = "to={to}&text={text}"
		}
		g := open(t, p.URL+query, sms.Setup{Template: template})
		if _, err := g.Send(t.Context(), to(t, "x")); err != nil { // so that there is a connection to be used again
			t.Fatal(err)
		}
		hangUp = true
		var later *sms.Later
		if _, err := g.Send(t.Context(), to(t, "x")); !errors.As(err, &later) || later.Reason != sms.ConnectionLost {
			t.Errorf("%v", err)
		}
		if n := p.calls.Load(); n != 2 {
			t.Errorf("%d requests for two messages", n)
		}
	}
}

func TestAProviderThatStallsOrIsNotThere(t *testing.T) {
	release := make(chan struct{})
	p := newProvider(t, func(http.ResponseWriter, *http.Request) { <-release })
	defer close(release)
	times := sms.Timeouts{Dial: time.Second, Reply: 50 * time.Millisecond, Enquire: time.Second}
	g := open(t, p.URL+"/?to={to}&text={text}", sms.Setup{Timeouts: times})
	var later *sms.Later
	if _, err := g.Send(t.Context(), to(t, "x")); !errors.As(err, &later) || later.Reason != sms.ConnectionLost {
		t.Errorf("%v", err)
	}
	gone := open(t, "http://user:s3cret@127.0.0.1:1/?to={to}&text={text}&key=s3cret", sms.Setup{})
	var down *sms.Unreachable
	if _, err := gone.Send(t.Context(), to(t, "x")); !errors.As(err, &down) || strings.Contains(down.Trouble, "s3cret") || strings.Contains(down.Trouble, "333") {
		t.Errorf("%v", err)
	}
	if err := gone.Check(t.Context()); !errors.As(err, &down) {
		t.Errorf("check: %v", err)
	}
	if err := g.Check(t.Context()); err != nil {
		t.Errorf("check: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := g.Send(ctx, to(t, "x")); !errors.Is(err, context.Canceled) {
		t.Errorf("told to stop: %v", err)
	}
	g.Close()
	if _, err := g.Send(t.Context(), to(t, "x")); !errors.As(err, &down) {
		t.Errorf("closed: %v", err)
	}
}

func TestAProviderThatFindsUsTooFastIsGivenTime(t *testing.T) {
	var calls atomic.Int32
	p := newProvider(t, func(w http.ResponseWriter, _ *http.Request) {
		if calls.Add(1) < 4 {
			w.WriteHeader(429)
		}
	})
	g := open(t, p.URL+"/?to={to}&text={text}", sms.Setup{})
	if _, err := g.Send(t.Context(), to(t, "x")); err != nil || calls.Load() != 4 {
		t.Errorf("%v after %d", err, calls.Load())
	}
}

func TestCallbacksOfAProvider(t *testing.T) {
	g := open(t, "https://sms.example/?to={to}&text={text}", sms.Setup{Template: sms.Template{Callback: sms.Fields{
		ID: "results.0.id", State: "results.0.status", Code: "results.0.error", Delivered: "^DELIVERED$", Undelivered: "(?i)fail|reject",
		Unknown: "^(EC_1|NO_SUCH)$", From: "from", To: "to", Text: "text",
	}}})
	hooks, ok := g.(sms.Hooks)
	if !ok {
		t.Fatal("no hooks")
	}
	post := func(kind, body string) *http.Request {
		r := httptest.NewRequest("POST", "/hook?from=393331234567", strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		return r
	}
	for body, want := range map[string]sms.Receipt{
		`{"results":[{"id":"a","status":"DELIVERED","error":0}]}`:     {ID: "a", State: sms.Delivered, Code: "0"},
		`{"results":[{"id":12,"status":"Failed","error":"EC_99 x"}]}`: {ID: "12", State: sms.Undelivered, Reason: sms.Other},
		`{"results":[{"id":"a","status":"Failed","error":"EC_1"}]}`:   {ID: "a", State: sms.Undelivered, Reason: sms.NumberUnknown},
		`{"results":[{"id":"a","status":"NO_SUCH"}]}`:                 {ID: "a", State: sms.Undelivered, Reason: sms.NumberUnknown},
		`{"results":[{"id":"a","status":"SENT"}]}`:                    {ID: "a", State: sms.Buffered},
	} {
		if got, err := hooks.Receipt(post("application/json; charset=utf-8", body)); err != nil || got != want {
			t.Errorf("%s: %+v, %v", body, got, err)
		}
	}
	for _, body := range []string{"", "{", "[]", `{"results":[]}`, `{"results":{"0":{"id":{}}}}`, "null", `{"results":[` + strings.Repeat(" ", 70_000) + `]}`} {
		if got, err := hooks.Receipt(post("application/json", body)); !fault.HasKey(err, "delivery.sms.callback") {
			t.Errorf("%.40q: %+v, %v", body, got, err)
		}
	}
	m, err := hooks.Inbound(post("application/x-www-form-urlencoded", url.Values{"to": {"48100"}, "text": {"Stop è\xff"}}.Encode()))
	if err != nil || m.From.String() != "+393331234567" || m.To != "48100" || m.Text != "Stop è\uFFFD" {
		t.Errorf("%+v, %v", m, err)
	}
	if _, err := hooks.Inbound(httptest.NewRequest("GET", "/hook?from=Pubblicita&text=x", nil)); !fault.HasKey(err, "delivery.sms.callback") {
		t.Errorf("%v", err)
	}
}

func TestAddressesOfGateways(t *testing.T) {
	holes := sms.Template{Body: "to={to}&text={text}"}
	for text, want := range map[string]string{
		"": "", "smpp://u:p@smsc.example": "smsc.example:2775", "smpps://u:p@smsc.example": "smsc.example:3550",
		"smpp://u:p@[::1]:9000?source=Comune&rate=20&window=30&long=payload&alphabet=packed&ids=hex&receipts=no&country=39&system_type=x": "[::1]:9000",
		"kannel+http://u:p@localhost":                                "localhost:13013",
		"kannel+https://u:p@sms.example/x?smsc=a&source=%2B39059123": "sms.example:443",
		"https://sms.example/v1#source=Comune&rate=0.5":              "sms.example:443",
		"http://sms.example:8080/v1":                                 "sms.example:8080",
	} {
		if got := open(t, text, sms.Setup{Template: holes}).Health().Address; got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	for text, key := range map[string]string{
		"smsc.example:2775": "delivery.sms.url", "ftp://u:s3cret@x": "delivery.sms.url", "smpp://": "delivery.sms.url",
		"smpp://u:s3cret@h:port": "delivery.sms.url", "smpp:u:s3cret@h": "delivery.sms.url", "smpp://u:s3cret@h?%zz": "delivery.sms.url",
		"smpp://u:s3cret@h?windows=3": "delivery.sms.option", "smpp://u:s3cret@h?window=0": "delivery.sms.option",
		"smpp://u:s3cret@h?window=1&window=2": "delivery.sms.option", "smpp://u:s3cret@h?long=very": "delivery.sms.option",
		"smpp://u:s3cret@h?rate=NaN": "delivery.sms.option", "smpp://u:s3cret@h?rate=-1": "delivery.sms.option",
		"smpp://u:s3cret@h?country=it": "delivery.sms.option", "kannel+http://u:s3cret@h?window=3": "delivery.sms.option",
		"smpp://u:s3cret@h?source=Comune+di+Modena": "delivery.sms.sender", "https://h/#source=123456789012": "delivery.sms.sender",
	} {
		if _, err := sms.Open(text, sms.Setup{Template: holes}); !fault.HasKey(err, key) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", text, err)
		}
	}
	for part, template := range map[string]sms.Template{
		"body":        {Body: `{"to":"{to}","text":"{text}"`},
		"method":      {Body: holes.Body, Method: "DELETE"},
		"headers":     {Body: holes.Body, Headers: []string{"X: y\r\nZ: z"}},
		"accepted":    {Body: holes.Body, Accepted: "("},
		"id":          {Body: holes.Body, ID: "no group"},
		"undelivered": {Body: holes.Body, Callback: sms.Fields{Undelivered: "("}},
	} {
		_, err := sms.Open("https://h/", sms.Setup{Template: template})
		if !fault.HasKey(err, "delivery.sms.template") || fault.List(err)[0].Args["Name"] != part {
			t.Errorf("%s: %v", part, err)
		}
	}
	if _, err := sms.Open("https://h/?text={text}", sms.Setup{}); !fault.HasKey(err, "delivery.sms.template") {
		t.Errorf("no {to}: %v", err)
	}
}

func TestAGatewayThatOnlyPretends(t *testing.T) {
	var got []sms.Message
	g := sms.Pretend(func(_ context.Context, m sms.Message) ([]string, error) {
		got = append(got, m)
		return []string{"1"}, nil
	})
	if ids, err := g.Send(t.Context(), to(t, "x")); err != nil || len(ids) != 1 || len(got) != 1 || got[0].Text != "x" {
		t.Errorf("%v, %v, %+v", ids, err, got)
	}
	g.Close()
	var down *sms.Unreachable
	if _, err := g.Send(t.Context(), to(t, "x")); !errors.As(err, &down) || !g.Health().Up {
		t.Errorf("closed: %v", err)
	}
}

func TestHTTPSIsProven(t *testing.T) {
	_, _, trust := smstest.Certificate(t)
	p := httptest.NewTLSServer(says(200, ""))
	t.Cleanup(p.Close)
	g := open(t, p.URL+"/?to={to}&text={text}", sms.Setup{TLS: trust}) // trusts another
	var down *sms.Unreachable
	if _, err := g.Send(t.Context(), to(t, "x")); !errors.As(err, &down) || !strings.Contains(down.Trouble, "certificate") {
		t.Errorf("%v", err)
	}
}
