// Package peopleweb has the pages about people: those of a citizen (sign-up, her own page, the privacy notice) in
// public_*.go, and those of the office (finding and registering people) in office_*.go.
//
// Three kinds of link lead to the citizen's pages, each a token of package seal:
//   - /join/confirm/{token}, purpose "people.join": confirms a sign-up, as long as the sign-up waits;
//   - /address/{token}, purpose "people.address": confirms another address of hers, likewise;
//   - /me/{token}: her own page. OwnPage makes and opens it, because the newsletters carry it too. It manages
//     subscriptions and their pace. Her data, addresses and consents need a link of purpose "people.entry", or a code,
//     that was sent just before. A button uses it, once; it opens a session of an hour in that browser.
//
// Promises: opening a link changes nothing, only a button does (mail scanners follow links). No answer reveals whether
// an address is known. The form of a sign-up carries its own data, so nothing of a visitor is stored before she sends
// the last of its three steps. Nothing needs JavaScript.
package peopleweb
