package email_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/delivery/email"
)

func TestAFleetSharesOutItsConnections(t *testing.T) {
	var members []email.Member
	for _, weight := range []int{3, 1, 0} {
		sink := deliverytest.New(t, deliverytest.Options{})
		members = append(members, email.Member{Relay: relay(t, sink.URL(), nil), Weight: weight})
	}
	fleet := email.NewFleet(members, email.PoolOptions{Conns: 10}, clock.System{})
	defer fleet.Close()
	for i, want := range []int{6, 2, 2} {
		if got := fleet.Members()[i].Limit; got != want {
			t.Errorf("relay %d has %d connections, want %d", i, got, want)
		}
	}
	for range 10 {
		if err := fleet.Send(t.Context(), path(t, "b-1@town.example"), path(t, "maria@example.org"), message); err != nil {
			t.Fatal(err)
		}
	}
	if h := fleet.Health(); !h.Up || h.Limit != 10 || !h.Configured {
		t.Errorf("health %+v", h)
	}
}

func TestTheOthersTakeOverWhenARelayIsDown(t *testing.T) {
	up := deliverytest.New(t, deliverytest.Options{Rule: deliverytest.Some(deliverytest.AtRcpt, .1, deliverytest.Refuse(451, "4.3.0", "x"))})
	down := deliverytest.New(t, deliverytest.Options{})
	members := []email.Member{{Relay: relay(t, down.URL(), nil), Weight: 5}, {Relay: relay(t, up.URL(), nil)}}
	if err := down.Close(); err != nil {
		t.Fatal(err)
	}
	now := clock.At(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC))
	fleet := email.NewFleet(members, email.PoolOptions{Conns: 6, Cool: time.Minute}, now)
	defer fleet.Close()
	m := newMailing(t)
	fleet.Stream(t.Context(), t.Context(), m.jobs(upTo(200)...))
	if again, _ := m.left(upTo(200)); up.Count()+len(again) != 200 || len(again) != 20 {
		t.Fatalf("%d mails, %d put off", up.Count(), len(again))
	}
	if err := fleet.Send(t.Context(), path(t, "b-1@town.example"), path(t, "maria@example.org"), message); err != nil {
		t.Fatal(err)
	}
	if h := fleet.Health(); !h.Up || fleet.Members()[0].Up || h.Trouble == "" || !h.RetryAt.IsZero() {
		t.Errorf("health %+v", h)
	}
	if err := up.Close(); err != nil {
		t.Fatal(err)
	}
	lost := newMailing(t)
	fleet.Stream(t.Context(), t.Context(), lost.jobs(upTo(50)...))
	unreachable := 0
	for _, n := range upTo(50) {
		var later *email.Later
		var nobody *email.Unreachable
		switch err := lost.verdict[person(n)]; {
		case lost.done[person(n)] != 1:
			t.Fatalf("%d answers", lost.done[person(n)])
		case errors.As(err, &nobody):
			unreachable++
		case !errors.As(err, &later):
			t.Fatal(err)
		}
	}
	if h := fleet.Health(); h.Up || !h.RetryAt.Equal(now.Now().Add(time.Minute)) || unreachable < 40 {
		t.Errorf("health %+v, %d unreachable", h, unreachable)
	}
}

func TestARampDoubles(t *testing.T) {
	start := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	r := email.Ramp{Since: start, PerMinute: 50, Doubling: 24 * time.Hour}
	for days, want := range map[int]float64{-1: 50, 0: 50, 1: 100, 3: 400, 10: 51200} {
		if got := r.At(start.AddDate(0, 0, days)); math.Abs(got-want) > 1e-6 {
			t.Errorf("after %d days: %v a minute, want %v", days, got, want)
		}
	}
	if got := (email.Ramp{}).At(start); !math.IsInf(got, 1) {
		t.Errorf("no ramp allows %v", got)
	}
}

func TestABrakeHoldsAllPoolsThatShareIt(t *testing.T) {
	sink := deliverytest.New(t, deliverytest.Options{})
	brake := rate.NewLimiter(1, 5) // five at once, and then one a second
	m := newMailing(t)
	for i := range 2 {
		pool := newPool(t, sink.URL(), email.RelayOptions{}, email.PoolOptions{Conns: 1, Brake: brake})
		pool.Stream(t.Context(), t.Context(), m.jobs(2*i+1, 2*i+2))
	}
	if left := brake.Tokens(); sink.Count() != 4 || left >= 1.5 {
		t.Fatalf("%d mails, %v tokens left", sink.Count(), left)
	}
}
