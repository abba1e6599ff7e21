package identityweb

import (
	"context"
	"net/http"
	"strings"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/identity"

	"github.com/alexedwards/scs/v2"
)

// How long a session lasts.
const (
	idleTime    = 2 * time.Hour
	longestTime = identity.LongestSession
	// touchEvery spares a write at each request: the end of a session is known to a minute.
	touchEvery = time.Minute
)

// What a session keeps.
const (
	staffKey = "staff" // id of the account
	stampKey = "stamp" // of its password: another password ends the sessions begun with this one
	beganKey = "began" // unix milliseconds
)

// newSessions sets scs up without its middleware: only Authenticate, sign-in and sign-out touch a session, so that a
// page for citizens costs nothing. The end of a session is ours to say (see touch), for scs reads the machine's clock
// and a story may set another.
//
// The manager is written out, for scs.New would also start a goroutine that sweeps a store in memory.
func newSessions(store identity.Sessions, publicURL string) *scs.SessionManager {
	m := &scs.SessionManager{
		Store: store, Codec: scs.GobCodec{}, Lifetime: longestTime,
		Cookie: scs.SessionCookie{
			Name: "unoxuno", HttpOnly: true, SameSite: http.SameSiteLaxMode, Path: "/", // each language has its own /…/office
		},
	}
	if strings.HasPrefix(publicURL, "https:") {
		m.Cookie.Secure = true
		m.Cookie.Name = "__Host-unoxuno" // a browser takes it only from this very host, over TLS (RFC 6265bis §4.1.3.2)
	}
	return m
}

// Authenticate finds who asks: the program whose token the Authorization header bears, or else the member of staff
// whose session the cookie names, or else nobody. A token that is none of ours is a fault; a session that is over, or
// whose account was switched off or has another password since, is nobody's.
func (p *Pages) Authenticate(_ http.ResponseWriter, r *http.Request) (access.Actor, error) {
	if token, ok := bearer(r); ok {
		return p.room.ActorOfToken(r.Context(), token)
	}
	nobody := access.Actor{Kind: access.Anonymous}
	name := p.sessionName(r)
	if name == "" {
		return nobody, nil
	}
	ctx, err := p.sessions.Load(r.Context(), name)
	if err != nil {
		return nobody, err
	}
	id := p.sessions.GetInt64(ctx, staffKey)
	if id == 0 {
		return nobody, nil
	}
	staff, err := p.room.StaffByID(ctx, id)
	if err != nil || !staff.Active || staff.Stamp != p.sessions.GetString(ctx, stampKey) {
		return nobody, err
	}
	// What a page fetches by itself is no sign of a person at work.
	if r.Header.Get("X-Requested-With") != "fetch" {
		if err := p.touch(ctx); err != nil {
			return nobody, err
		}
	}
	return staff.Actor(), nil
}

// sessionName is the name of the session that the request's cookie bears; "" for none.
func (p *Pages) sessionName(r *http.Request) string {
	cookie, err := r.Cookie(p.sessions.Cookie.Name)
	if err != nil {
		return ""
	}
	return cookie.Value
}

// bearer is the token of RFC 6750 §2.1, if the request bears one.
func bearer(r *http.Request) (string, bool) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(token), ok && strings.EqualFold(scheme, "Bearer")
}

// touch moves the end of a session in use: two hours from now, but not past twelve hours from its beginning.
func (p *Pages) touch(ctx context.Context) error {
	now := p.opt.Clock.Now()
	end := now.Add(idleTime)
	if last := clock.Time(p.sessions.GetInt64(ctx, beganKey)).Add(longestTime); end.After(last) {
		end = last
	}
	if end.Sub(p.sessions.Deadline(ctx)) < touchEvery {
		return nil
	}
	p.sessions.SetDeadline(ctx, end)
	_, _, err := p.sessions.Commit(ctx)
	return err
}

// begin opens a session for the account as it is now, under a name nobody knew before.
func (p *Pages) begin(w http.ResponseWriter, r *http.Request, id int64) error {
	if err := p.end(w, r); err != nil {
		return err
	}
	staff, err := p.room.StaffByID(r.Context(), id)
	if err != nil {
		return err
	}
	ctx, err := p.sessions.Load(r.Context(), "")
	if err != nil {
		return err
	}
	now := p.opt.Clock.Now()
	p.sessions.Put(ctx, staffKey, staff.ID)
	p.sessions.Put(ctx, stampKey, staff.Stamp)
	p.sessions.Put(ctx, beganKey, clock.Millis(now))
	p.sessions.SetDeadline(ctx, now.Add(idleTime))
	token, expiry, err := p.sessions.Commit(ctx)
	if err != nil {
		return err
	}
	w.Header().Del("Set-Cookie")
	p.sessions.WriteSessionCookie(ctx, w, token, expiry)
	return nil
}

// end closes the session that the request's cookie names, if there is one.
func (p *Pages) end(w http.ResponseWriter, r *http.Request) error {
	name := p.sessionName(r)
	if name == "" {
		return nil
	}
	ctx, err := p.sessions.Load(r.Context(), name)
	if err != nil {
		return err
	}
	if err := p.sessions.Destroy(ctx); err != nil {
		return err
	}
	p.sessions.WriteSessionCookie(ctx, w, "", time.Time{})
	return nil
}
