// Package web is the kit that serves every page and every endpoint.
//
// A room lists its routes. Each names its permission, and the kit refuses an actor without it before the room's code
// runs. Handlers return an error. One place turns a fault into a page in the reader's language or, for programs, into
// problem+json (RFC 9457), and any other error into an apology and a log line.
//
// Promises, for every route:
//   - A request that changes state is a POST from our own pages (http.CrossOriginProtection), unless the route says
//     CrossSite, as RFC 8058's one-click unsubscribe must.
//   - A strict Content-Security-Policy: nothing loads from another host, no inline script or style runs.
//   - No Referer leaves the site, so that a token in a link is not passed on.
//   - What every mail requests is Light: it is answered without the database, and is protected all the same.
//   - Bodies have a limit. The log has the route's pattern and never the path, because paths may contain tokens.
//   - The first of the town's languages is at the root, each other under its prefix (/en/…).
//   - the first of the town's languages lives at the root, each other under its prefix (/en/…).
package web
