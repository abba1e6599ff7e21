package deliveryweb_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/deliveryweb"
	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/locale"
	"unoxuno/internal/seal"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
	"unoxuno/internal/web"
)

// clerk keeps what people wrote.
type clerk struct{ got []string }

func (c *clerk) Wrote(_ context.Context, _ *storage.Tx, number string, r sms.Request) (delivery.Answer, error) {
	c.got = append(c.got, number+" "+string(r.Command))
	return delivery.Answer{}, nil
}

// served is a site that only takes callbacks.
func served(t *testing.T, db *storage.DB, gateway string) (*delivery.Room, *clerk, string) {
	t.Helper()
	room, err := delivery.New(db, clock.At(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)), seal.New([]byte("a secret of thirty-two characters")),
		slog.New(slog.DiscardHandler), delivery.Settings{Domain: "town.example", SMS: delivery.SMSSettings{URL: gateway}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = room.Close() })
	c := &clerk{}
	room.PlugCorrespondent(c)
	words, err := locale.Load(web.Words(), delivery.Words())
	if err != nil {
		t.Fatal(err)
	}
	site, err := web.New(web.Options{
		Words: words, Log: slog.New(slog.DiscardHandler), PublicURL: "https://town.example",
		Town: func(context.Context) web.Town {
			return web.Town{Name: "Borgo", Domain: "town.example", Languages: []string{"it", "en"}, Zone: time.UTC}
		},
	})
	if err == nil {
		err = site.Handle(deliveryweb.Routes(room)...)
	}
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(site)
	t.Cleanup(server.Close)
	return room, c, server.URL
}

func call(t *testing.T, method, address string, form url.Values) (status int) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode
}

func TestKannelCalls(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		room, c, at := served(t, db, "kannel+http://u:p@localhost")
		receipt, inbound := at+delivery.SMSReceiptPath(room.SMSToken()), at+delivery.SMSInboundPath(room.SMSToken())
		for _, s := range []struct {
			address string
			want    int
		}{
			{inbound + "?from=%2B393331234567&to=48100&text=STOP&charset=UTF-8&coding=0", 200},
			{inbound + "?from=&text=STOP", 422},
			{receipt + "?reference=abc&kind=1&reply=", 200},
			{receipt + "?reference=abc&kind=x", 422},
			{receipt, 422},
			{at + delivery.SMSReceiptPath("forged") + "?reference=abc&kind=1", 404},
			{at + delivery.SMSInboundPath(room.SMSToken()+"a") + "?from=%2B393331234567&text=STOP", 404},
		} {
			if got := call(t, http.MethodGet, s.address, nil); got != s.want {
				t.Errorf("%s answered %d, want %d", s.address, got, s.want)
			}
		}
		if len(c.got) != 1 || c.got[0] != "+393331234567 stop" {
			t.Errorf("told %v", c.got)
		}
		if stopped, err := room.Suppressed(t.Context(), db, "+393331234567"); err != nil || !stopped {
			t.Errorf("suppressed %v, %v", stopped, err)
		}
	}, storage.Schema{Room: "delivery", Files: delivery.Schema()})
}

func TestNobodyIsCalledWhereNoGatewaySpeaksHTTP(t *testing.T) {
	room, _, _ := served(t, nil, "smpp://u:p@localhost")
	if routes := deliveryweb.Routes(room); len(routes) != 0 {
		t.Errorf("%d routes", len(routes))
	}
}
