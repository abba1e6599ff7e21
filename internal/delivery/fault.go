package delivery

import (
	"errors"

	"unoxuno/internal/delivery/email"
	"unoxuno/internal/fault"
)

// relayFault turns a failure of the relay into the fault delivery.relay.unreachable.
func relayFault(err error) error {
	var down *email.Unreachable
	if errors.As(err, &down) {
		return fault.Unavailable("delivery.relay.unreachable", "Trouble", down.Trouble).Because(err)
	}
	return err
}

// sendFault turns the channel's error into a fault that the sender can read.
func sendFault(err error) error {
	var never *email.Permanent
	var later *email.Later
	switch {
	case errors.As(err, &never):
		return fault.Unavailable("delivery.send.refused", "Code", int64(never.Code), "Reason", string(never.Reason)).Because(err)
	case errors.As(err, &later):
		return fault.Unavailable("delivery.send.later", "Code", int64(later.Code), "Reason", string(later.Reason)).Because(err)
	}
	return relayFault(err)
}
