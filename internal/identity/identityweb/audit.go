package identityweb

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"unoxuno/internal/identity"
	"unoxuno/internal/locale"
	"unoxuno/internal/web"
	"unoxuno/internal/web/ui"
)

// auditPageSize is how many lines of the log a page shows.
const auditPageSize = 50

type auditView struct {
	Actor, Subject ui.Field
	Entries        []identity.Entry
	Filtered       bool
	Older, Newest  string // addresses; empty where there is nothing to go to
}

func (p *Pages) auditPage(w http.ResponseWriter, r *http.Request) error {
	ctx, q := r.Context(), r.URL.Query()
	ask := identity.AuditQuery{Actor: strings.TrimSpace(q.Get("actor")), Subject: strings.TrimSpace(q.Get("subject")), Limit: auditPageSize + 1}
	ask.Before, _ = strconv.ParseInt(q.Get("before"), 10, 64) // anything else is the newest page
	entries, err := p.room.AuditLog(ctx, ask)
	if err != nil {
		return err
	}
	t := func(key string) string { return locale.T(ctx, "identityweb.audit."+key) }
	view := auditView{
		Actor:    ui.Field{Name: "actor", Label: t("actor"), Help: t("actor_help"), Value: ask.Actor},
		Subject:  ui.Field{Name: "subject", Label: t("subject"), Help: t("subject_help"), Value: ask.Subject},
		Entries:  entries,
		Filtered: ask.Actor != "" || ask.Subject != "",
	}
	if len(entries) > auditPageSize {
		view.Entries = entries[:auditPageSize]
		view.Older = auditURL(r, ask, view.Entries[auditPageSize-1].ID)
	}
	if ask.Before > 0 {
		view.Newest = auditURL(r, ask, 0)
	}
	return web.Render(w, r, http.StatusOK, auditPage(view))
}

func auditURL(r *http.Request, ask identity.AuditQuery, before int64) string {
	q := url.Values{}
	for name, value := range map[string]string{"actor": ask.Actor, "subject": ask.Subject} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if before > 0 {
		q.Set("before", strconv.FormatInt(before, 10))
	}
	return locale.Path(r.Context(), "/office/audit?"+q.Encode())
}
