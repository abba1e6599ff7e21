package identityweb_test

import (
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"unoxuno/internal/identity"
	"unoxuno/internal/web"
	"unoxuno/internal/web/assets"
)

func TestLook(t *testing.T) {
	if os.Getenv("LOOK") == "" {
		t.Skip()
	}
	h := newHouse(t)
	h.staff(identity.Staff{Email: "ada@comune.example", Role: identity.Administrator})
	h.staff(identity.Staff{Email: "edo@comune.example", Name: "Edo Neri", Role: identity.Editor, Newsrooms: []string{"teatro", "urp"}})
	a, _ := assets.New()
	h.server.Config.Handler.(*web.Site).Static(assets.Prefix, a.Handler())
	ln, _ := net.Listen("tcp", "127.0.0.1:18097")
	go http.ServeTLS(ln, h.server.Config.Handler, "/tmp/office/cert.pem", "/tmp/office/key.pem")
	for {
		if _, err := os.Stat("/tmp/office/stop"); err == nil {
			return
		}
		time.Sleep(300 * time.Millisecond)
	}
}
