package main

import (
	"sync/atomic"
	"time"

	"unoxuno/internal/delivery/deliverytest"
)

// Shares of the attempts at which a mail server misbehaves.
const (
	oftenShare  = 0.05
	seldomShare = 0.01
)

// relayFaults are mail servers that misbehave.
func relayFaults(p faultPlan) []fault {
	busy := deliverytest.Refuse(451, "4.3.0", "Try again later")
	closing := deliverytest.Refuse(421, "4.3.2", "Closing")
	some := func(name string, stage deliverytest.Stage, share float64, answer error) fault {
		return fault{name: name, sink: func(*trial) deliverytest.Options {
			return deliverytest.Options{Rule: deliverytest.Some(stage, share, answer)}
		}}
	}
	return []fault{
		some("5 % 451 at the final dot", deliverytest.AtData, oftenShare, busy),
		some("5 % 421 at the final dot", deliverytest.AtData, oftenShare, closing),
		some("5 % 421 at RCPT", deliverytest.AtRcpt, oftenShare, closing),
		some("5 % 451 at RCPT", deliverytest.AtRcpt, oftenShare, busy),
		some("1 % dropped after DATA", deliverytest.AtData, seldomShare, deliverytest.Drop()),
		some("1 % dropped at RCPT", deliverytest.AtRcpt, seldomShare, deliverytest.Drop()),
		{name: "1 % stored, then dropped", sink: lostAcknowledgement},
		{name: "relay stalls for " + p.stall.String(), sink: stalling},
		{name: "relay refuses everything for " + p.away.String(), sink: refusing},
		{name: "relay greets after " + p.greet.String(), sink: greetingSlowly},
	}
}

// lostAcknowledgement drops connections when the mail is stored and the client does not know: as many may be repeated.
func lostAcknowledgement(t *trial) deliverytest.Options {
	drop := deliverytest.Some(deliverytest.AtReply, seldomShare, deliverytest.Drop())
	return deliverytest.Options{Rule: func(a deliverytest.Attempt) error {
		err := drop(a)
		if err != nil {
			atomic.AddInt64(&t.allowed, 1)
		}
		return err
	}}
}

// stalling answers nobody for a while when half the mails are taken.
func stalling(t *trial) deliverytest.Options {
	over := make(chan struct{})
	half := t.meter.reached(t.people / 2)
	go func() {
		<-half
		time.AfterFunc(t.plan.faults.stall, func() { close(over) })
	}()
	return deliverytest.Options{Rule: func(deliverytest.Attempt) error {
		select {
		case <-half:
			<-over
		default:
		}
		return nil
	}}
}

// refusing turns everybody away for a while when half the mails are taken, those who come and those who are there.
func refusing(t *trial) deliverytest.Options {
	open := make(chan struct{})
	half := t.meter.reached(t.people / 2)
	go func() {
		<-half
		time.AfterFunc(t.plan.faults.away, func() { close(open) })
	}()
	shut := func() bool {
		select {
		case <-open:
			return false
		default:
		}
		select {
		case <-half:
			return true
		default:
			return false
		}
	}
	return deliverytest.Options{
		Greet: func() string {
			if shut() {
				return "421 4.3.2 Not now"
			}
			return ""
		},
		Rule: func(a deliverytest.Attempt) error {
			if shut() && a.Stage == deliverytest.AtMail {
				return deliverytest.Refuse(421, "4.3.2", "Not now")
			}
			return nil
		},
	}
}

// greetingSlowly lets every connection wait.
func greetingSlowly(t *trial) deliverytest.Options {
	return deliverytest.Options{Greet: func() string {
		time.Sleep(t.plan.faults.greet) // the slowness is the point
		return ""
	}}
}
