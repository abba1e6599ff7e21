// Package peopleweb holds the pages about people: those of a citizen (sign-up, her own page, what the town says of her
// data) in public_*.go and those of the office (finding and registering people) in office_*.go.
//
// Three kinds of link lead to the citizen's pages, each a token of package seal:
//   - /join/confirm/{token}, purpose "people.join": confirms a sign-up, as long as the sign-up waits;
//   - /address/{token}, purpose "people.address": confirms a further address of hers, likewise;
//   - /me/{token}: her own page. Whoever makes and opens it is plugged in (OwnPage), for the newsletters carry it too. It
//     manages subscriptions and their pace. Her data, addresses and consents open by a link of purpose "people.entry", or
//     a code, that was sent just then: a button uses it, once, and a session in that browser lasts an hour.
//
// Promises: opening a link changes nothing, a button does (mail scanners follow links); no answer tells whether an
// address is known; sign-up keeps nothing of a visitor until she sends the last of its three steps, for the form itself
// carries what she wrote; nothing needs JavaScript.
package peopleweb
