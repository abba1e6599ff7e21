package stories_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"unoxuno/internal/app/apptest"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/storage"
)

// How many people an issue goes to while its sending is interrupted: by a kill, and by being asked to end.
const (
	crowdKilled     = 5_000
	crowdTerminated = 1_000
)

// Killed at any instant, the program loses nobody: the same command continues what is owed, and at most as many
// messages are repeated as were in flight. Asked to end (SIGTERM), it finishes what is in flight and repeats nothing.
func TestInterruptedSendingLosesNobody(t *testing.T) {
	binary := apptest.Binary(t)
	seed := uint64(time.Now().UnixNano())
	for _, engine := range []storage.Engine{storage.SQLite, storage.Postgres} {
		for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM} {
			t.Run(engine.String()+" "+signal.String(), func(t *testing.T) {
				t.Parallel()
				t.Logf("seed %d", seed)
				crowd := crowdKilled
				if signal == syscall.SIGTERM {
					crowd = crowdTerminated
				}
				s := newSending(t, engine, binary, crowd)
				points := interruptions(rand.New(rand.NewPCG(seed, uint64(signal))), crowd)
				for _, at := range points {
					s.interrupt(at, signal)
				}
				s.finish()
				s.check(len(points), signal)
			})
		}
	}
}

// interruptions are the numbers of mails after which the program is stopped: three, anywhere.
func interruptions(r *rand.Rand, crowd int) []int {
	first := 1 + r.IntN(crowd/4)
	second := first + crowd/20 + r.IntN(crowd/4)
	return []int{first, second, second + crowd/20 + r.IntN(crowd/4)}
}

// sending is an issue on its way to the crowd.
type sending struct {
	t      *testing.T
	town   *apptest.Installation
	binary string
	crowd  int

	mu       sync.Mutex
	taken    int
	awaited  int
	reached  chan struct{} // closed when so many mails as awaited were taken
	stopped  chan struct{} // closed when the program was told; until then the relay answers nobody any more
	received map[string]int
}

func newSending(t *testing.T, engine storage.Engine, binary string, crowd int) *sending {
	t.Helper()
	s := &sending{t: t, binary: binary, crowd: crowd, received: map[string]int{}}
	relay := deliverytest.New(t, deliverytest.Options{Keep: -1, OnMail: s.note})
	s.town = apptest.Install(t, engine, "UNOXUNO_SMTP_URL", relay.URL())
	s.town.Run("town", "apply", "town/town.yaml")
	var people strings.Builder
	people.WriteString("email,newsletters,consent_date,consent_source\n")
	for i := range crowd {
		fmt.Fprintf(&people, "citizen%d@citta.example,teatro,2026-01-01,sportello\n", i)
	}
	if out, err := s.town.Command(binary, "people", "import", s.town.Write("crowd.csv", people.String())).CombinedOutput(); err != nil {
		t.Fatalf("import: %v\n%s", err, out)
	}
	s.town.Write("issue.md", "---\nnewsletter: teatro\nslug: a-tutti\ntitle: A tutti\nlanguage: it\n---\nBuongiorno.\n")
	return s
}

func (s *sending) note(m deliverytest.Mail) {
	s.mu.Lock()
	s.taken++
	s.received[m.To]++
	if s.taken == s.awaited {
		close(s.reached)
	}
	late, stopped := s.taken >= s.awaited, s.stopped
	s.mu.Unlock()
	if late {
		<-stopped
	}
}

// start starts the command that sends, and says when at mails in all have been taken.
func (s *sending) start(at int) (cmd *exec.Cmd, reached <-chan struct{}) {
	s.t.Helper()
	s.mu.Lock()
	s.awaited, s.reached, s.stopped = max(at, s.taken+1), make(chan struct{}), make(chan struct{})
	reached = s.reached
	s.mu.Unlock()
	cmd = s.town.Command(s.binary, "issue", "send", "issue.md", "--wait", "--json")
	cmd.Stdout, cmd.Stderr = &bytes.Buffer{}, &bytes.Buffer{}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	return cmd, reached
}

// interrupt sends until at mails were taken, and stops the program with the signal.
func (s *sending) interrupt(at int, signal syscall.Signal) {
	s.t.Helper()
	cmd, reached := s.start(at)
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-reached:
	case err := <-ended:
		close(s.stopped)
		s.t.Fatalf("it ended by itself before %d mails: %v\n%s%s", at, err, cmd.Stdout, cmd.Stderr)
	}
	err := cmd.Process.Signal(signal)
	close(s.stopped)
	if err != nil {
		s.t.Fatal(err)
	}
	err = <-ended
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		s.t.Fatalf("stopped after %d mails it should not have succeeded: %v", at, err)
	}
	if code := exit.ExitCode(); signal == syscall.SIGTERM && code != 6 {
		s.t.Errorf("asked to end with messages still owed it exited with %d, not 6\n%s%s", code, cmd.Stdout, cmd.Stderr)
	}
}

// finish sends what is left.
func (s *sending) finish() {
	s.t.Helper()
	cmd, _ := s.start(10 * s.crowd)
	if err := cmd.Wait(); err != nil {
		s.t.Fatalf("resumed: %v\n%s%s", err, cmd.Stdout, cmd.Stderr)
	}
	var told struct{ Messages, Sent, Refused, Later, Suppressed int }
	if err := json.Unmarshal(cmd.Stdout.(*bytes.Buffer).Bytes(), &told); err != nil {
		s.t.Fatal(err)
	}
	if told.Messages != s.crowd || told.Sent != s.crowd || told.Refused+told.Later+told.Suppressed != 0 {
		s.t.Errorf("it says %+v", told)
	}
}

func (s *sending) check(interruptions int, signal syscall.Signal) {
	s.t.Helper()
	s.mu.Lock()
	received := maps.Clone(s.received)
	repeats := s.taken - len(received)
	s.mu.Unlock()
	for i := range s.crowd {
		if address := fmt.Sprintf("citizen%d@citta.example", i); received[address] == 0 {
			s.t.Errorf("%s got nothing", address)
		}
	}
	most := interruptions * delivery.InFlight
	if signal == syscall.SIGTERM {
		most = 0
	}
	if repeats > most {
		s.t.Errorf("%d mails came twice, more than %d", repeats, most)
	}
	s.t.Logf("%d interruptions, %d mails came twice", interruptions, repeats)
}
