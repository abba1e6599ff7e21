package web

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"unoxuno/internal/fault"
)

type proxies []netip.Prefix

func parseProxies(networks []string) (proxies, error) {
	var p proxies
	for _, n := range networks {
		prefix, err := netip.ParsePrefix(n)
		if err != nil {
			return nil, fault.Invalid("config.bad", "Name", "trusted_proxies", "Value", n, "Need", "10.0.0.0/8").Because(err)
		}
		p = append(p, prefix)
	}
	return p, nil
}

func (p proxies) trusted(addr netip.Addr) bool {
	for _, prefix := range p {
		if prefix.Contains(addr.Unmap()) {
			return true
		}
	}
	return false
}

// ClientIP is the address the request came from. X-Forwarded-For is read from its end and only as far as proxies that
// the town trusts wrote it: the rest is whatever the client liked to say.
func ClientIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	trusted := from(r.Context()).site.proxies
	hops := strings.Split(r.Header.Get("X-Forwarded-For"), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		addr, err := netip.ParseAddr(host)
		if err != nil || !trusted.trusted(addr) {
			break
		}
		if hop := strings.TrimSpace(hops[i]); hop != "" {
			host = hop
		}
	}
	return host
}

// Limiter lets each key do something a few times at once and then at a steady pace. It is kept in memory: each node
// counts for itself. The zero value is not ready; use NewLimiter.
type Limiter struct {
	every time.Duration
	burst int
	now   func() time.Time
	mu    sync.Mutex
	keys  map[string]*rate.Limiter
}

// limiterKeys bounds the memory: past it all keys begin anew, which forgives some rather than lock out all.
const limiterKeys = 50_000

// NewLimiter allows burst at once for each key, and then one every so long. now is the clock's.
func NewLimiter(burst int, every time.Duration, now func() time.Time) *Limiter {
	return &Limiter{every: every, burst: burst, now: now, keys: map[string]*rate.Limiter{}}
}

// Allow is nil while the key keeps to its pace, and a fault of KindTooMany else.
func (l *Limiter) Allow(key string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.keys) >= limiterKeys {
		clear(l.keys)
	}
	one, ok := l.keys[key]
	if !ok {
		one = rate.NewLimiter(rate.Every(l.every), l.burst)
		l.keys[key] = one
	}
	if !one.AllowN(l.now(), 1) {
		return fault.TooMany("web.too_many")
	}
	return nil
}
