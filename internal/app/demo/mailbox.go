package demo

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/fault"
	"unoxuno/internal/web"
)

// Password is every demonstration account's; it is printed at each start.
const Password = "una frase per provare"

// MailboxPath is where the caught mails are shown.
const MailboxPath = "/demo/mailbox"

// Step tells how far a step of making the town has come.
type Step func(done, total int64)

// Mailbox keeps the latest of the mails that the demonstration's server caught, in memory.
type Mailbox struct {
	keep int
	mu   sync.Mutex
	all  []deliverytest.Mail // oldest first
	seen int

	texts []Text // oldest first
	sent  int    // text messages in all
}

// Text is a text message that was caught.
type Text struct {
	To, Text string
	Parts    int
	At       time.Time
}

// SMSPrice is what a text message costs in the demonstration, in hundredths of a cent.
const SMSPrice = 450

// Texted takes a text message, as the gateway of the demonstration: it goes nowhere.
func (m *Mailbox) Texted(_ context.Context, text sms.Message) (ids []string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.texts) >= 2*m.keep {
		m.texts = slices.Clone(m.texts[m.keep:])
	}
	parts := len(sms.Split(text.Text))
	m.texts = append(m.texts, Text{To: text.To.String(), Text: text.Text, Parts: parts, At: time.Now()})
	for range parts {
		m.sent++
		ids = append(ids, fmt.Sprint("demo-", m.sent))
	}
	return ids, nil
}

// latestTexts are the newest text messages whose number or words hold text, newest first.
func (m *Mailbox) latestTexts(text string, n int) (found []Text) {
	m.mu.Lock()
	defer m.mu.Unlock()
	text = strings.ToLower(text)
	for i := len(m.texts) - 1; i >= 0 && len(found) < n; i-- {
		if t := m.texts[i]; strings.Contains(t.To+" "+strings.ToLower(t.Text), text) {
			found = append(found, t)
		}
	}
	return found
}

// NewMailbox keeps at most keep mails.
func NewMailbox(keep int) *Mailbox { return &Mailbox{keep: keep} }

// Caught takes a mail.
func (m *Mailbox) Caught(mail deliverytest.Mail) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen++
	if len(m.all) >= 2*m.keep {
		m.all = slices.Clone(m.all[m.keep:])
	}
	m.all = append(m.all, mail)
}

// Latest are the newest mails whose recipient or subject holds text, newest first, and how many were caught in all.
func (m *Mailbox) latest(text string, n int) (found []deliverytest.Mail, seen int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	text = strings.ToLower(text)
	for i := len(m.all) - 1; i >= 0 && len(found) < n; i-- {
		mail := m.all[i]
		if text == "" || strings.Contains(strings.ToLower(mail.To), text) || strings.Contains(strings.ToLower(mail.Subject()), text) {
			found = append(found, mail)
		}
	}
	return found, m.seen
}

func (m *Mailbox) get(id int) (deliverytest.Mail, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, mail := range m.all {
		if mail.ID == id {
			return mail, true
		}
	}
	return deliverytest.Mail{}, false
}

// Rule refuses a few addresses for good, so that the numbers have something to show: those that end in 77, one in a
// hundred of the invented ones. They get nothing more once an issue has found that out.
func Rule(a deliverytest.Attempt) error {
	local, _, _ := strings.Cut(a.To, "@")
	if strings.HasSuffix(local, "77") {
		return deliverytest.Refuse(550, "5.1.1", "no such mailbox here")
	}
	return nil
}

const shown = 50

// address is a web address within plain text.
var address = regexp.MustCompile(`https?://[^\s<>"]+`)

// Routes are the mailbox's pages.
func (m *Mailbox) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET " + MailboxPath, Permission: access.Public, Do: m.list},
		{Pattern: "GET " + MailboxPath + "/{id}", Permission: access.Public, Do: m.read},
		{Pattern: "GET " + MailboxPath + "/{id}/html", Permission: access.Public, Kind: web.Data, Do: m.html},
	}
}

func (m *Mailbox) list(w http.ResponseWriter, r *http.Request) error {
	ask := r.URL.Query().Get("q")
	mails, seen := m.latest(ask, shown)
	return web.Render(w, r, http.StatusOK, mailboxPage(ask, mails, seen, m.latestTexts(ask, shown)))
}

func (m *Mailbox) asked(r *http.Request) (deliverytest.Mail, error) {
	id, err := strconv.Atoi(r.PathValue("id"))
	mail, ok := m.get(id)
	if err != nil || !ok {
		return mail, fault.NotFound("app.demo.mail_gone")
	}
	return mail, nil
}

func (m *Mailbox) read(w http.ResponseWriter, r *http.Request) error {
	mail, err := m.asked(r)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, mailPage(mail))
}

// links are the addresses in the mail's plain reading, each once: the reader of the demonstration goes on by them.
func links(mail deliverytest.Mail) []string {
	var all []string
	for _, l := range address.FindAllString(mail.Text(), -1) {
		if l = strings.TrimRight(l, ".,;)>»"); !slices.Contains(all, l) {
			all = append(all, l)
		}
	}
	return all
}

// html is the mail's HTML part as a mail program would show it: with its own styles, without scripts.
func (m *Mailbox) html(w http.ResponseWriter, r *http.Request) error {
	mail, err := m.asked(r)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Security-Policy", "sandbox allow-top-navigation-by-user-activation allow-popups; default-src 'none'; "+
		"style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'self'")
	h.Set("Content-Type", "text/html; charset=utf-8")
	_, err = w.Write([]byte(mail.HTML()))
	return err
}
