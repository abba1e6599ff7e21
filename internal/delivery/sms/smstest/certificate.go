package smstest

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"testing"

	"unoxuno/internal/delivery/deliverytest"
)

// Certificate makes a certificate for this machine, signed by itself: key and cert, PEM, for a centre, and what a client
// that trusts it is set up with.
func Certificate(t testing.TB) (key, cert string, client *tls.Config) {
	t.Helper()
	server, client := deliverytest.Certificate(t)
	der, err := x509.MarshalPKCS8PrivateKey(server.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	text := func(kind string, octets []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: octets}))
	}
	return text("PRIVATE KEY", der), text("CERTIFICATE", server.Certificates[0].Certificate[0]), client
}
