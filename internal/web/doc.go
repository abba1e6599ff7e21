// Package web is the kit that every page and every endpoint is served with.
//
// A room lists its routes; each names its permission, and the kit refuses whoever lacks it before the room's code
// runs. Handlers return an error: one place turns a fault into a page in the reader's language or, for programs,
// into problem+json (RFC 9457), and anything else into an apology and a line in the log.
//
// Promises, for every route:
//   - a request that changes state comes by POST and from our own pages (http.CrossOriginProtection), unless the route
//     says CrossSite, as RFC 8058's one-click unsubscribe must;
//   - a strict Content-Security-Policy: nothing loads from another host, no inline script or style runs;
//   - no Referer leaves the site, so that a link that carries a token is not told on;
//   - what every mail asks for is Light: it is answered before the database is touched, and guarded none the less;
//   - bodies have a limit; the log has the route's pattern and never the path, for paths may hold tokens;
//   - the first of the town's languages lives at the root, each other under its prefix (/en/…).
package web
