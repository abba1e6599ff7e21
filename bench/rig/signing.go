package rig

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Signing writes a delivery file with an RSA and an Ed25519 key for the domain, and returns its path.
func (r *Rig) Signing(domain string) (string, error) {
	folder, err := r.temp("signing")
	if err != nil {
		return "", err
	}
	long, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return "", err
	}
	_, short, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return "", err
	}
	text := fmt.Sprintf("dkim:\n  - {domain: %[1]s, selector: rsa, key: rsa.pem}\n  - {domain: %[1]s, selector: ed, key: ed.pem}\n", domain)
	file := filepath.Join(folder, "delivery.yaml")
	return file, errors.Join(
		writeKey(filepath.Join(folder, "rsa.pem"), long), writeKey(filepath.Join(folder, "ed.pem"), short),
		os.WriteFile(file, []byte(text), 0o600),
	)
}

func writeKey(path string, key crypto.PrivateKey) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600)
}
