package email_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-msgauth/dkim"
	"pgregory.net/rapid"

	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/delivery/email"
)

// keyPair is the two keys of a test run: making RSA keys takes long.
var keyPair = sync.OnceValues(func() ([]email.Key, error) {
	long, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	_, short, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	var keys []email.Key
	for selector, private := range map[string]crypto.Signer{"rsa": long, "ed": short} {
		key, err := email.ParseKey(selector, inPEM(private))
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
})

func inPEM(private crypto.Signer) []byte {
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// signer makes a signer with both keys, and the DNS that goes with it.
func signer(t fataler) (*email.Signer, map[string]string) {
	keys, err := keyPair()
	if err != nil {
		t.Fatal(err)
	}
	dns := map[string]string{}
	for _, k := range keys {
		name, text, err := k.Record("town.example")
		if err != nil {
			t.Fatal(err)
		}
		dns[name] = text
	}
	s, err := email.NewSigner("town.example", keys...)
	if err != nil {
		t.Fatal(err)
	}
	return s, dns
}

func TestSignaturesHoldForWhateverIsSaid(t *testing.T) {
	s, dns := signer(t)
	lookup := func(name string) ([]string, error) { return []string{dns[name]}, nil }
	rapid.Check(t, func(t *rapid.T) {
		template, err := email.Compile(email.Message{
			From: email.Mailbox{Name: text().Draw(t, "name"), Address: "teatro@town.example"}, Subject: text().Draw(t, "subject"),
			Text: part(1).Draw(t, "text"), HTML: part(1).Draw(t, "html"),
		})
		if err != nil {
			t.Fatal(err)
		}
		plain := template.Append(nil, &email.Filling{
			To: path(t, "a@example.org"), MessageID: "1@town.example", Values: []string{"", text().Draw(t, "value")},
			Unsubscribe: email.Unsubscribe{URL: "https://town.example/u/1", Mailto: "mailto:u@town.example"},
		})
		signed, err := s.Append([]byte("X-Before: x\r\n"), plain)
		if err != nil {
			t.Fatal(err)
		}
		checkLines(t, signed)
		found, err := dkim.VerifyWithOptions(bytes.NewReader(signed), &dkim.VerifyOptions{LookupTXT: lookup})
		if err != nil || len(found) != 2 {
			t.Fatalf("%d signatures, %v", len(found), err)
		}
		for _, f := range found {
			if f.Err != nil || f.Domain != "town.example" {
				t.Fatalf("%+v\n%s", f, signed)
			}
		}
	})
}

// verifier is what an independent verifier says of a message: for each signature whether it holds.
func verifier(t *testing.T, dns map[string]string, message []byte) []bool {
	t.Helper()
	const script = `
import sys, json, dkim
dns = json.loads(sys.argv[1])
message = sys.stdin.buffer.read()
def lookup(name, timeout=5):
    return dns[name.decode().rstrip(".")].encode()
def holds(i):
    try:
        return dkim.DKIM(message, minkey=1024).verify(idx=i, dnsfunc=lookup)
    except dkim.DKIMException:
        return False
print(json.dumps([holds(i) for i in range(message.count(b"DKIM-Signature:"))]))`
	records, err := json.Marshal(dns)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command("/usr/bin/python3", "-c", script, string(records))
	c.Stdin = bytes.NewReader(message)
	out, err := c.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		t.Fatalf("%s", exit.Stderr)
	}
	var answers []bool
	if err != nil || json.Unmarshal(out, &answers) != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return answers
}

func TestAnIndependentVerifierAcceptsBothSignatures(t *testing.T) {
	if out, err := exec.Command("/usr/bin/python3", "-c", "import dkim, nacl").CombinedOutput(); err != nil {
		if os.Getenv("UNOXUNO_REQUIRE_DKIM") != "" {
			t.Fatalf("python3-dkim or python3-nacl is missing: %v: %s", err, out)
		}
		t.Skip("the independent verifier is not on this machine: it is in Debian's packages python3-dkim and python3-nacl")
	}
	s, dns := signer(t)
	template, err := email.Compile(email.Message{
		From: email.Mailbox{Name: "Città di prova", Address: "teatro@town.example"}, Subject: strings.Repeat("Novità a teatro ", 9),
		ListID: email.ListID{Name: "Novità", ID: "teatro.town.example"}, Bulk: true, Language: "it",
		Text: email.Part{{Literal: "Ciao ", Hole: 1}, {Literal: ",\n\n  due  spazi \n.\n\n\n"}},
		HTML: email.Part{{Literal: "<p>Ciao ", Hole: 1}, {Literal: "</p>\n"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	sink := deliverytest.New(t, deliverytest.Options{})
	pool := newPool(t, sink.URL(), email.RelayOptions{}, email.PoolOptions{Conns: 2})
	jobs := make(chan email.Job, 3)
	m := newMailing(t)
	for n := 1; n <= 3; n++ {
		i := m.item(n)
		i.build = func(dst []byte) []byte {
			return template.Append(dst, &email.Filling{
				To: i.to, ToName: "Nicolò", MessageID: "1@town.example", Values: []string{"", "Nicolò"},
				Unsubscribe: email.Unsubscribe{URL: "https://town.example/u/1", Mailto: "mailto:u@town.example"},
			})
		}
		jobs <- i
	}
	close(jobs)
	pool.Stream(t.Context(), t.Context(), s.Ahead(t.Context(), jobs, 2))
	if m.left(upTo(3)); sink.Count() != 3 {
		t.Fatalf("%d mails", sink.Count())
	}
	for _, mail := range sink.Mails() {
		if got := verifier(t, dns, mail.Data); fmt.Sprint(got) != "[true true]" {
			t.Fatalf("the signatures hold: %v\n%s", got, mail.Data)
		}
	}
	good := sink.Mails()[0].Data
	for name, bad := range map[string][]byte{
		"another way out":   bytes.Replace(good, []byte("/u/1>"), []byte("/u/2>"), 1),
		"another body":      bytes.Replace(good, []byte("Nicol=C3=B2"), []byte("Nicol=C3=A0"), 1),
		"one sender more":   append([]byte("From: <eve@town.example>\r\n"), good...),
		"another list":      bytes.Replace(good, []byte("<teatro.town.example>"), []byte("<eve.town.example>"), 1),
		"no one-click post": bytes.Replace(good, []byte("List-Unsubscribe=One-Click"), []byte("x"), 1),
	} {
		if got := verifier(t, dns, bad); bytes.Equal(good, bad) || fmt.Sprint(got) != "[false false]" {
			t.Errorf("%s: the signatures hold: %v", name, got)
		}
	}
}

func TestKeysThatCannotSign(t *testing.T) {
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		selector string
		text     []byte
	}{
		"short":       {"a", inPEM(short)},
		"no PEM":      {"a", []byte("secret")},
		"no key":      {"a", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("secret")})},
		"no selector": {"a; b=x", inPEM(ed)},
	} {
		if _, err := email.ParseKey(c.selector, c.text); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSigningAheadStopsWhenToldTo(t *testing.T) {
	s, _ := signer(t)
	m := newMailing(t)
	jobs := make(chan email.Job, 10)
	for n := range 10 {
		jobs <- m.item(n)
	}
	stop, stopped := context.WithCancel(t.Context())
	signed := s.Ahead(stop, jobs, 2)
	(<-signed).Done(nil)
	stopped()
	given := 1
	for job := range signed { // both may have been ready at the same moment
		job.Done(nil)
		given++
	}
	if len(m.verdict)+len(jobs) != 10 || given > 3 {
		t.Fatalf("%d answered, %d not taken, %d given on", len(m.verdict), len(jobs), given)
	}
}

func BenchmarkSign(b *testing.B) {
	s, _ := signer(b)
	plain := issue(b).Append(nil, &email.Filling{To: path(b, "a@example.org"), MessageID: "1@town.example"})
	var dst []byte
	for b.Loop() {
		var err error
		if dst, err = s.Append(dst[:0], plain); err != nil {
			b.Fatal(err)
		}
	}
}
