package delivery_test

import (
	"context"
	"testing"

	"pgregory.net/rapid"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/storage"
)

// movers is an origin whose persons choose their channel, and change it during sending.
type movers struct {
	*town

	db      *storage.DB
	room    *delivery.Room
	batches map[string]int64 // by channel
	chosen  map[int64]string
}

func (o *movers) Audience(_ context.Context, _ *storage.Tx, m delivery.Matter, _ int64) (delivery.Stretch, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := delivery.Stretch{Persons: &storage.Builder{}, Through: delivery.Everybody}
	s.Persons.Add("SELECT CAST(0 AS bigint) AS person_id WHERE 1 = 0")
	for person, channel := range o.chosen {
		if channel == m.Channel {
			s.Persons.Add(" UNION ALL SELECT CAST(? AS bigint)", person)
		}
	}
	return s, nil
}

func (o *movers) Letter(_ context.Context, m delivery.Matter) (delivery.Letter, error) {
	return movingLetter{o, m.Channel}, nil
}

// movingLetter is its content on one channel.
type movingLetter struct {
	*movers

	channel string
}

// Recipients moves the people who have chosen the other channel.
func (l movingLetter) Recipients(ctx context.Context, persons []int64) ([]delivery.Recipient, error) {
	other := map[string]string{delivery.Email: delivery.SMS, delivery.SMS: delivery.Email}[l.channel]
	var here, away []int64
	l.set(func(*town) {
		for _, person := range persons {
			if l.chosen[person] == l.channel {
				here = append(here, person)
			} else {
				away = append(away, person)
			}
		}
	})
	letter := delivery.Letter(l.town)
	if l.channel == delivery.SMS {
		letter = phoneBook{l.town}
	}
	recipients, err := letter.Recipients(ctx, here)
	if err != nil || len(away) == 0 {
		return recipients, err
	}
	var parted []int64
	err = l.db.Tx(ctx, func(tx *storage.Tx) (err error) {
		if parted, err = l.room.Part(ctx, tx, l.batches[l.channel], l.batches[other], away); err == nil {
			_, err = l.room.Join(ctx, tx, l.batches[other], parted)
		}
		return err
	})
	for _, person := range parted {
		recipients = append(recipients, delivery.Recipient{Person: person, Parted: true})
	}
	return recipients, err
}

// enqueue creates a batch for each channel.
func (o *movers) enqueue(ctx context.Context, tx *storage.Tx, ref int64) error {
	for _, channel := range delivery.Channels() {
		b, err := o.room.Enqueue(ctx, tx, delivery.NewBatch{Origin: "test.moving", Ref: ref, Channel: channel})
		if err != nil {
			return err
		}
		o.batches[channel] = b.ID
	}
	return nil
}

// TestKillingWhilePeopleChangeTheirChannelLosesNobody draws changes of channel and deaths of nodes while a matter is
// sent on both channels. Everybody must get it, and only once if no node died.
func TestKillingWhilePeopleChangeTheirChannelLosesNobody(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		var ref int64
		rapid.Check(t, func(rt *rapid.T) {
			people := rapid.Int64Range(1, 50).Draw(rt, "people")
			kills := rapid.SliceOfN(rapid.IntRange(1, 40), 0, 3).Draw(rt, "kills")
			k, p, c := &killing{}, newPhones(), clock.At(morning)
			sink := deliverytest.New(t, deliverytest.Options{Rule: k.rule})
			defer func() { _ = sink.Close() }()
			p.rule = func(sms.Message, int) error { return k.rule(deliverytest.Attempt{Stage: deliverytest.AtMail}) }
			o := &movers{town: newTown(t), db: db, batches: map[string]int64{}, chosen: map[int64]string{}}
			start := func() *node {
				n := newNode(t, db, o.town, c, sink.URL(), func(s *delivery.Settings) { s.ChunkSize, s.SMS.Gateway = 7, sms.Pretend(p.take) })
				n.Plug("test.moving", o)
				o.room = n.Room
				return n
			}
			change := func() {
				for person := range people {
					channel := rapid.SampledFrom(delivery.Channels()).Draw(rt, "channel")
					o.set(func(*town) { o.chosen[person+1] = channel })
				}
			}
			ref++
			change()
			n := start()
			n.tx(t, func(ctx context.Context, tx *storage.Tx) error { return o.enqueue(ctx, tx, ref) })
			for _, after := range kills {
				change()
				life, kill := context.WithCancel(t.Context())
				k.arm(deliverytest.AtMail, after, kill)
				if err := start().StepUntil(life); err != nil && life.Err() == nil {
					rt.Fatal(err)
				}
				kill()
				n.expire(t)
			}
			k.arm(deliverytest.AtMail, 0, nil)
			change()
			n = start()
			for range 3 { // one channel may move people to the other
				for _, batch := range o.batches {
					n.outlive(t, batch)
				}
			}
			for person := int64(1); person <= people; person++ {
				got := sink.ByRecipient()[addressOf(person)] + p.count()[numberOf(person)]
				if got == 0 || got > 1 && len(kills) == 0 {
					rt.Fatalf("person %d got it %d times after %d kills", person, got, len(kills))
				}
			}
		})
	})
}
