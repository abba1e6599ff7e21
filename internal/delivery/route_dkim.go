package delivery

import (
	"os"

	"unoxuno/internal/delivery/email"
	"unoxuno/internal/delivery/routing"
	"unoxuno/internal/fault"
)

// Signature is a key that signs a domain's mail, and the DNS record to publish for it.
type Signature struct {
	Domain string
	Record string // the name of a TXT record in the DNS …
	Text   string // … and its text
	key    email.Key
}

// loadKeys reads the keys of a plan. It fails with the faults delivery.dkim.unreadable and delivery.dkim.key.
func loadKeys(keys []routing.Key) ([]Signature, error) {
	signatures := make([]Signature, 0, len(keys))
	for _, k := range keys {
		text, err := os.ReadFile(k.File)
		if err != nil {
			return nil, fault.Invalid("delivery.dkim.unreadable", "File", k.File).Because(err)
		}
		s := Signature{Domain: k.Domain}
		if s.key, err = email.ParseKey(k.Selector, text); err == nil {
			s.Record, s.Text, err = s.key.Record(k.Domain)
		}
		if err != nil {
			return nil, fault.Invalid("delivery.dkim.key", "File", k.File, "Trouble", err.Error()).Because(err)
		}
		signatures = append(signatures, s)
	}
	return signatures, nil
}

// signersOf returns the signers of each domain.
func signersOf(signatures []Signature) (map[string]*email.Signer, error) {
	keys := map[string][]email.Key{}
	for _, s := range signatures {
		keys[s.Domain] = append(keys[s.Domain], s.key)
	}
	signers := make(map[string]*email.Signer, len(keys))
	for domain, of := range keys {
		s, err := email.NewSigner(domain, of...)
		if err != nil {
			return nil, err
		}
		signers[domain] = s
	}
	return signers, nil
}

// Signatures reads the keys of a plan and returns what to publish in the DNS. Faults: delivery.dkim.unreadable and
// delivery.dkim.key.
func Signatures(plan routing.Plan) ([]Signature, error) { return loadKeys(plan.Keys) }
