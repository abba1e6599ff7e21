package smpp_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"unoxuno/internal/delivery/sms/smpp"
	"unoxuno/internal/delivery/sms/smstest"
)

func options() smpp.Options {
	return smpp.Options{
		SystemID: "town", Password: "secret", SystemType: "civic",
		Dial: 10 * time.Second, Reply: 10 * time.Second, Enquire: time.Hour,
	}
}

func dial(t *testing.T, address string, o smpp.Options) *smpp.Session {
	t.Helper()
	s, err := smpp.Dial(t.Context(), address, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeNow(s) })
	return s
}

func closeNow(s *smpp.Session) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s.Close(ctx)
}

func message(text string) *smpp.Submit {
	return &smpp.Submit{
		Source: smpp.Address{TON: smpp.TONAlphanumeric, Text: "Comune"},
		Dest:   smpp.Address{TON: smpp.TONInternational, NPI: smpp.NPITelephone, Text: "393331234567"},
		Text:   []byte(text), Receipt: true, Validity: 90 * time.Minute,
	}
}

func waitDone(t *testing.T, s *smpp.Session) {
	t.Helper()
	select {
	case <-s.Done():
	case <-time.After(20 * time.Second):
		t.Fatal("the session goes on")
	}
}

func TestAMessageArrivesAsItWasSent(t *testing.T) {
	centre := smstest.Start(t, smstest.Options{})
	s := dial(t, centre.Address(), options())
	if b := centre.Next("bind"); b.Command != "bind_transmitter" || b.SystemType != "civic" {
		t.Errorf("bind %+v", b)
	}
	id, err := s.Submit(t.Context(), message("ciao"))
	if err != nil || id != "m1" {
		t.Fatalf("%q, %v", id, err)
	}
	got := centre.Next("submit")
	if got.Text != "ciao" || got.Source != "Comune" || got.SourceTON != 5 || got.Dest != "393331234567" || got.DestTON != 1 || got.Receipt != 1 {
		t.Errorf("%+v", got)
	}
	if _, err := s.Submit(t.Context(), message(strings.Repeat("x", 300))); err != nil {
		t.Fatal(err)
	}
	if got := centre.Next("submit"); !got.Payload || len(got.Text) != 300 {
		t.Errorf("a long text came as %+v", got)
	}
}

func TestTheWindowIsKeptAndAnswersComeInAnyOrder(t *testing.T) {
	centre := smstest.Start(t, smstest.Options{})
	o := options()
	o.Window = 3
	s := dial(t, centre.Address(), o)
	centre.Answer(smstest.Hold, smstest.Hold, smstest.Hold)
	ids := make([]string, 5)
	var sending sync.WaitGroup
	for i := range ids {
		sending.Go(func() {
			var err error
			if ids[i], err = s.Submit(t.Context(), message(fmt.Sprint(i))); err != nil {
				t.Error(err)
			}
		})
	}
	var first []string
	for range 3 {
		first = append(first, centre.Next("submit").Text)
	}
	centre.Enquire()
	centre.Next("enquire_link_resp") // what was written after the three would have come before this
	if n := centre.Count("submit"); n != 0 {
		t.Fatalf("%d messages beyond a window of 3", n)
	}
	centre.Release(true)
	sending.Wait()
	for i, text := range first { // the last of the three was answered first
		var n int
		if _, err := fmt.Sscan(text, &n); err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("m%d", 3-i); ids[n] != want {
			t.Errorf("message %d got identifier %s, want %s", n, ids[n], want)
		}
	}
}

func TestStatusesAreTold(t *testing.T) {
	centre := smstest.Start(t, smstest.Options{})
	s := dial(t, centre.Address(), options())
	centre.Answer(int(smpp.Throttled), int(smpp.InvalidDestination), 0)
	for _, want := range []smpp.Status{smpp.Throttled, smpp.InvalidDestination, smpp.OK} {
		_, err := s.Submit(t.Context(), message("x"))
		var refused *smpp.StatusError
		if want == smpp.OK && err != nil || want != smpp.OK && (!errors.As(err, &refused) || refused.Status != want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
}

func TestAWrongPasswordIsRefused(t *testing.T) {
	centre := smstest.Start(t, smstest.Options{})
	o := options()
	o.Password = "wrong"
	_, err := smpp.Dial(t.Context(), centre.Address(), o)
	var refused *smpp.StatusError
	if !errors.As(err, &refused) || refused.Status != smpp.InvalidPassword || strings.Contains(err.Error(), "wrong") {
		t.Errorf("%v", err)
	}
}

func TestADroppedConnectionAnswersEveryone(t *testing.T) {
	centre := smstest.Start(t, smstest.Options{})
	s := dial(t, centre.Address(), options())
	centre.Answer(smstest.Hold, smstest.Hold, smstest.Drop)
	results := make(chan error, 3)
	for range 3 {
		go func() {
			_, err := s.Submit(t.Context(), message("x"))
			results <- err
		}()
	}
	for range 3 {
		if err := <-results; !errors.Is(err, smpp.ErrUnanswered) {
			t.Errorf("in flight: %v", err)
		}
	}
	waitDone(t, s)
	if _, err := s.Submit(t.Context(), message("x")); !errors.Is(err, smpp.ErrNotSent) {
		t.Errorf("after the end: %v", err)
	}
}

func TestBothSidesEnquire(t *testing.T) {
	centre := smstest.Start(t, smstest.Options{})
	o := options()
	o.Enquire = time.Millisecond
	s := dial(t, centre.Address(), o)
	centre.Next("enquire_link")
	centre.Next("enquire_link")
	centre.Enquire()
	if e := centre.Next("enquire_link_resp"); e.Status != 0 {
		t.Errorf("%+v", e)
	}
	if s.Err() != nil {
		t.Error(s.Err())
	}
}

func TestASilentCentreIsGivenUp(t *testing.T) {
	centre := smstest.Start(t, smstest.Options{})
	o := options()
	o.Reply = 50 * time.Millisecond
	s := dial(t, centre.Address(), o)
	centre.Answer(smstest.Hold)
	if _, err := s.Submit(t.Context(), message("x")); !errors.Is(err, smpp.ErrUnanswered) {
		t.Errorf("%v", err)
	}
	waitDone(t, s)
}

func TestLeaveIsTakenByEither(t *testing.T) {
	centre := smstest.Start(t, smstest.Options{})
	s := dial(t, centre.Address(), options())
	s.Close(t.Context())
	centre.Next("unbind")
	s = dial(t, centre.Address(), options())
	centre.Unbind()
	centre.Next("unbind_resp")
	waitDone(t, s)
}

// taker keeps what the centre brings, and refuses the first of it.
type taker struct {
	mu      sync.Mutex
	refuse  int
	arrived []*smpp.Deliver
}

func (k *taker) take(_ context.Context, d *smpp.Deliver) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.refuse > 0 {
		k.refuse--
		return errors.New("not now")
	}
	k.arrived = append(k.arrived, d)
	return nil
}

func TestWhatTheCentreBringsIsAcknowledgedWhenTaken(t *testing.T) {
	centre := smstest.Start(t, smstest.Options{})
	k := &taker{refuse: 1}
	o := options()
	o.Deliver = k.take
	dial(t, centre.Address(), o)
	if b := centre.Next("bind"); b.Command != "bind_transceiver" {
		t.Errorf("bind %+v", b)
	}
	letter := map[string]any{"source_addr": "393331234567", "destination_addr": "48100", "text": "STOP"}
	centre.Deliver(letter)
	if a := centre.Next("deliver_sm_resp"); smpp.Status(a.Status) != smpp.TryAgain {
		t.Errorf("not taken, answered %v", smpp.Status(a.Status))
	}
	centre.Deliver(letter)
	if a := centre.Next("deliver_sm_resp"); a.Status != 0 {
		t.Errorf("taken, answered %v", smpp.Status(a.Status))
	}
	if len(k.arrived) != 1 || k.arrived[0].Source.Text != "393331234567" || string(k.arrived[0].Text) != "STOP" {
		t.Errorf("%+v", k.arrived)
	}
	if _, ok, _ := k.arrived[0].Receipt(); ok {
		t.Error("a message was taken for a receipt")
	}
}

func TestReceiptsOfACentre(t *testing.T) {
	centre := smstest.Start(t, smstest.Options{})
	k := &taker{}
	o := options()
	o.Deliver = k.take
	dial(t, centre.Address(), o)
	for _, pdu := range []map[string]any{
		{"esm_class": 4, "text": "id:m7 sub:001 dlvrd:001 submit date:2611221201 done date:2611221202 stat:DELIVRD err:000 text:ciao"},
		{"esm_class": 4, "text": "", "receipted_message_id": "m8", "message_state": 5, "network_error_code_hex": ""},
	} {
		centre.Deliver(pdu)
		if a := centre.Next("deliver_sm_resp"); a.Status != 0 {
			t.Errorf("answered %+v", a)
		}
	}
	want := []smpp.Receipt{{ID: "m7", State: smpp.Delivered, Code: "000"}, {ID: "m8", State: smpp.Undeliverable}}
	var got []smpp.Receipt
	for _, d := range k.arrived {
		r, ok, err := d.Receipt()
		if !ok || err != nil {
			t.Errorf("%v, %v", ok, err)
		}
		got = append(got, r)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestGarbageEndsTheSession(t *testing.T) {
	centre := smstest.Start(t, smstest.Options{})
	for name, hex := range map[string]string{
		"HTTP":              "485454502f312e312034303020426164205265717565737400",
		"a length of zero":  "00000000000000040000000000000001",
		"a length of 4 GB":  "ffffffff000000040000000000000001",
		"below its header":  "0000000f000000040000000000000001",
		"an endless length": "00011171000000150000000000000001",
	} {
		t.Run(name, func(t *testing.T) {
			s := dial(t, centre.Address(), options())
			centre.Raw(hex)
			waitDone(t, s)
			var bad *smpp.ProtocolError
			if !errors.As(s.Err(), &bad) {
				t.Errorf("ended with %v", s.Err())
			}
		})
	}
}

func TestWhatCannotBeReadIsAnsweredAndSurvived(t *testing.T) {
	centre := smstest.Start(t, smstest.Options{})
	o := options()
	o.Deliver = (&taker{}).take
	s := dial(t, centre.Address(), o)
	centre.Raw("00000010" + "00000103" + "00000000" + "00000009") // data_sm: not one of ours
	if e := centre.Next("generic_nack"); smpp.Status(e.Status) != smpp.InvalidCommand {
		t.Errorf("%+v", e)
	}
	centre.Raw("00000010" + "80000004" + "00000000" + "00000777")            // the answer to nothing
	centre.Raw("00000013" + "00000005" + "00000000" + "0000000a" + "414141") // a deliver_sm that breaks off
	if e := centre.Next("deliver_sm_resp"); smpp.Status(e.Status) != smpp.InvalidTLV {
		t.Errorf("%+v", e)
	}
	centre.Enquire()
	centre.Next("enquire_link_resp")
	if s.Err() != nil {
		t.Error(s.Err())
	}
}

func TestAPeerThatIsNoCentre(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte("220 mail.example.org ESMTP\r\n"))
		}
	}()
	_, err = smpp.Dial(t.Context(), listener.Addr().String(), options())
	var bad *smpp.ProtocolError
	if !errors.As(err, &bad) {
		t.Errorf("%v", err)
	}
}
