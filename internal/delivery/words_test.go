package delivery_test

import (
	"slices"
	"testing"

	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/email"
	"unoxuno/internal/locale"
)

func TestEveryReasonHasWords(t *testing.T) {
	w, err := locale.Load(delivery.Words())
	if err != nil {
		t.Fatal(err)
	}
	if it, en := w.Keys("it"), w.Keys("en"); !slices.Equal(it, en) {
		t.Errorf("Italian has %v\nEnglish has %v", it, en)
	}
	var keys []string
	for _, r := range []email.Reason{
		email.MailboxUnknown, email.MailboxFull, email.Blocked, email.Temporary, email.ConnectionLost, email.AddressMalformed,
		email.RelayUnreachable, email.Expired, email.Other,
	} {
		keys = append(keys, "delivery.reason."+string(r))
	}
	for _, key := range keys {
		if !slices.Contains(w.Keys("it"), key) {
			t.Errorf("no word for %s", key)
		}
	}
}

// wordKeys returns the keys that have words.
func wordKeys(t *testing.T) map[string]bool {
	t.Helper()
	w, err := locale.Load(delivery.Words())
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]bool{}
	for _, key := range w.Keys("it") {
		keys[key] = true
	}
	return keys
}
