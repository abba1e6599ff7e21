package web

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

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
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// ClientIP returns the address that the request came from. X-Forwarded-For is read from its end, and only as far as
// trusted proxies wrote it: the rest is whatever the client claimed. Several header lines are one list (RFC 9110 §5.3).
// The header Forwarded (RFC 7239) is not read: a proxy that writes one of the two passes the other on as the client
// sent it.
func ClientIP(r *http.Request) string {
	addr, err := hop(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	trusted := from(r.Context()).site.proxies
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && trusted.trusted(addr); i-- {
		text := strings.TrimSpace(hops[i])
		if text == "" {
			continue
		}
		before, err := hop(text)
		if err != nil {
			break // a word such as "unknown": only the proxy is known
		}
		addr = before
	}
	return addr.String()
}

// hop parses an address, with or without a port. An IPv4 address in IPv6 notation becomes the IPv4 address.
func hop(text string) (netip.Addr, error) {
	if host, _, err := net.SplitHostPort(text); err == nil {
		text = host
	}
	addr, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return addr.Unmap().WithZone(""), err
}

// networkBits is the part of an IPv6 address that identifies a household or an office: its provider assigns a /64 or
// more, and it can use every address in it (RFC 6177).
const networkBits = 64

// ClientNetwork returns the key under which limits count a client: its IPv4 address, or the /64 network of its IPv6
// address.
func ClientNetwork(r *http.Request) string {
	ip := ClientIP(r)
	addr, err := netip.ParseAddr(ip)
	if err != nil || addr.Is4() {
		return ip
	}
	network, err := addr.Prefix(networkBits)
	if err != nil {
		return ip
	}
	return network.String()
}
