package deliveryweb

import (
	"context"
	"net/http"

	"unoxuno/internal/access"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/web"
)

// maxCallback is as much of a callback as is read.
const maxCallback = 64 << 10

// Routes are where the town's gateway calls; none unless it speaks HTTP.
func Routes(room *delivery.Room) []web.Route {
	if _, err := room.SMSHooks(room.SMSToken()); err != nil {
		return nil
	}
	receipt := taking(room, sms.Hooks.Receipt, room.Receipt)
	inbound := taking(room, sms.Hooks.Inbound, room.Inbound)
	paths := []struct {
		path string
		do   web.Handler
	}{{delivery.SMSReceiptPath("{token}"), receipt}, {delivery.SMSInboundPath("{token}"), inbound}}
	var routes []web.Route
	for _, p := range paths {
		routes = append(routes,
			web.Route{Pattern: "GET " + p.path, Permission: access.Public, Kind: web.Data, Do: p.do},
			web.Route{Pattern: "POST " + p.path, Permission: access.Public, Kind: web.Data, Do: p.do, MaxBody: maxCallback, CrossSite: true},
		)
	}
	return routes
}

// taking reads a callback and hands what it says to the room. A failure of ours makes the gateway tell it again later;
// only what was taken is answered with 200.
func taking[T any](room *delivery.Room, read func(sms.Hooks, *http.Request) (T, error), take func(context.Context, T) error) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		hooks, err := room.SMSHooks(r.PathValue("token"))
		if err != nil {
			return err
		}
		said, err := read(hooks, r)
		if err != nil {
			return err
		}
		if err := take(r.Context(), said); err != nil {
			return err
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(http.StatusOK) // with an empty body: Kannel sends a text on to the telephone
		return nil
	}
}
