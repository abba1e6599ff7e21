package newslettersweb_test

import (
	"net"
	"net/http"
	"os"
	"testing"
	"fmt"
	"context"
	"unoxuno/internal/content"
	"unoxuno/internal/identity"
	"unoxuno/internal/newsletters"
	"unoxuno/internal/web/assets"
)

func TestLook(t *testing.T) {
	if os.Getenv("LOOK") == "" { t.Skip() }
	o := newOffice(t)
	blocks := []content.Block{
		{ID: "b1", Kind: content.KindHeading, Level: 2, Text: "Si apre il sipario"},
		{ID: "b2", Kind: content.KindText, Text: "Si parte con [Goldoni](https://teatro.example) e **molti** altri.\n\n- uno\n- due"},
		{ID: "b3", Kind: content.KindImage}, {ID: "b4", Kind: content.KindEvent, Title: "La locandiera", Start: "2026-12-05T18:30", Place: "Teatro comunale"},
		{ID: "b5", Kind: content.KindButton, Label: "Prenota", URL: "https://teatro.example/prenota"}, {ID: "b6", Kind: content.KindDivider},
	}
	i, err := o.room.Create(o.ctx(), newsletters.Content{Newsletter: "teatro", Title: "Il cartellone di dicembre", Language: "it", Blocks: blocks})
	o.must(err)
	ready := o.draft("teatro")
	sent := o.draft("teatro")
	_, err = o.room.Send(o.ctx(), sent.ID, false)
	o.must(err)
	o.actor = staff(identity.Administrator)
	a, _ := assets.New()
	o.site.Static(assets.Prefix, a.Handler())
	ln, err := net.Listen("tcp", "127.0.0.1:18099")
	o.must(err)
	os.WriteFile("/tmp/office/ids", []byte(fmt.Sprintf("%d %d %d", i.ID, ready.ID, sent.ID)), 0o644)
	srv := &http.Server{Handler: o.site}
	go srv.Serve(ln)
	for { if _, err := os.Stat("/tmp/office/stop"); err == nil { break }; select { case <-t.Context().Done(): return; default: }; waitABit() }
	srv.Shutdown(context.Background())
}
