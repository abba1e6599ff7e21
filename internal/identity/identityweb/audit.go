package identityweb

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

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

// detailName is what begins a part of a detail: the program's own name of something, such as a role, a purpose or a field
// that was changed.
var detailName = regexp.MustCompile(`^[a-z][a-z_]*( (it|en))?`)

// detailOf is the detail of a line as the reader understands it. The log keeps the program's own names; those that have
// words are shown by them, and moments in the reader's form.
func detailOf(ctx context.Context, e identity.Entry) string {
	parts := strings.Split(e.Detail, ", ")
	written := strings.HasPrefix(e.Action, "audit.issue.") || strings.HasPrefix(e.Action, "audit.audience.") // by an editor
	for i, part := range parts {
		if at, err := time.Parse(time.RFC3339, part); err == nil {
			parts[i] = locale.DateTime(locale.Lang(ctx), at.In(web.TownOf(ctx).Zone))
			continue
		}
		name := detailName.FindString(part)
		key := "audit.detail." + strings.ReplaceAll(name, " ", "-")
		if word := locale.T(ctx, key); !written && name != "" && word != key && !continues(part[len(name):]) {
			parts[i] = word + part[len(name):]
		}
	}
	return strings.Join(parts, ", ")
}

// continues tells whether a name goes on in rest: then it is a longer one, such as a slug.
func continues(rest string) bool { return rest != "" && rest[0] != ' ' && rest[0] != ':' }
