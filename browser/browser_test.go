package browser_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"unoxuno/browser"
	"unoxuno/internal/app/apptest"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/storage"
)

// town is the stories' town, served to a browser, with the test's mailbox beside it.
type town struct {
	*apptest.Installation
	post string // address of the mailbox, for the scripts

	mu    sync.Mutex
	came  *sync.Cond
	mails []deliverytest.Mail
	sent  int
}

func newTown(t *testing.T, engine storage.Engine) *town {
	t.Helper()
	b := &town{}
	b.came = sync.NewCond(&b.mu)
	relay := deliverytest.New(t, deliverytest.Options{Keep: -1, OnMail: func(m deliverytest.Mail) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.mails = append(b.mails, m)
		b.came.Broadcast()
	}})
	b.Installation = apptest.Install(t, engine, "UNOXUNO_SMTP_URL", relay.URL())
	b.Run("town", "apply", "../stories/town/town.yaml")
	b.Run("people", "import", "../stories/town/people.csv")
	b.Serve()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /mails", b.answerMails)
	mux.HandleFunc("POST /send", b.answerSend)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	b.post = server.URL
	return b
}

// answerMails waits until n mails came for an address, with a word in their subject, and tells them.
func (b *town) answerMails(w http.ResponseWriter, r *http.Request) {
	type mail struct {
		Subject string `json:"subject"`
		Text    string `json:"text"`
	}
	n, err := strconv.Atoi(r.FormValue("n"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for {
		found := []mail{}
		for _, m := range b.mails {
			if m.To == r.FormValue("to") && strings.Contains(m.Subject(), r.FormValue("subject")) {
				found = append(found, mail{m.Subject(), m.Text()})
			}
		}
		if len(found) >= n {
			_ = json.NewEncoder(w).Encode(found) // the script reads it, or has failed
			return
		}
		b.came.Wait()
	}
}

// answerSend sends an issue of the newsletter teatro.
func (b *town) answerSend(http.ResponseWriter, *http.Request) {
	b.mu.Lock()
	b.sent++
	slug := "numero-" + strconv.Itoa(b.sent)
	b.mu.Unlock()
	file := b.Write(slug+".md", "---\nnewsletter: teatro\nslug: "+slug+"\ntitle: La stagione\nlanguage: it\n---\nSi torna in sala.\n")
	b.Run("issue", "send", file, "--wait")
}

// eachWay runs a script on each engine, with JavaScript and without, each time in a town of its own.
func eachWay(t *testing.T, script string, task func(b *town) map[string]any) {
	for _, engine := range []storage.Engine{storage.SQLite, storage.Postgres} {
		for name, scripts := range map[string]bool{"with JavaScript": true, "without JavaScript": false} {
			t.Run(engine.String()+" "+name, func(t *testing.T) {
				t.Parallel()
				b := newTown(t, engine)
				asked := task(b)
				asked["base"], asked["post"], asked["scripts"] = b.URL, b.post, scripts
				browser.Run(t, script, asked)
			})
		}
	}
}

func TestACitizenSignsUpReadsAndLeaves(t *testing.T) {
	eachWay(t, "citizen.mjs", func(*town) map[string]any { return map[string]any{} })
}

var invitationLink = regexp.MustCompile(`http\S+/office/invitation/\S+`)

func TestAnEditorWritesSendsAndCounts(t *testing.T) {
	eachWay(t, "office.mjs", func(b *town) map[string]any {
		told := b.Run("staff", "add", "petra@borgo.example", "--role", "publisher")
		return map[string]any{"email": "petra@borgo.example", "invitation": invitationLink.FindString(told)}
	})
}
