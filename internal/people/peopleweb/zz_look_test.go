package peopleweb_test

import (
	"net"
	"net/http"
	"os"
	"testing"
	"time"
	"fmt"

	"unoxuno/internal/web/assets"
)

func TestLook(t *testing.T) {
	if os.Getenv("LOOK") == "" {
		t.Skip()
	}
	d := newDesk(t)
	id := d.registered()
	a, _ := assets.New()
	d.site.Static(assets.Prefix, a.Handler())
	ln, _ := net.Listen("tcp", "127.0.0.1:18098")
	go http.Serve(ln, d.site)
	os.WriteFile("/tmp/office/person", []byte(fmt.Sprint(id)), 0o644)
	for {
		if _, err := os.Stat("/tmp/office/stop"); err == nil {
			return
		}
		time.Sleep(300 * time.Millisecond)
	}
}
