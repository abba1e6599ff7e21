package sms_test

import (
	"testing"

	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/fault"
)

func TestNumbers(t *testing.T) {
	for text, want := range map[string]string{
		"+39 333 123 4567": "+393331234567", "0039-333.1234567": "+393331234567", "+1 (212) 555-0100": "+12125550100",
	} {
		if n, err := sms.ParseNumber(text); err != nil || n.String() != want || n.Digits() != want[1:] {
			t.Errorf("%q: %q, %v", text, n, err)
		}
	}
	for _, text := range []string{"", "+", "3331234567", "+0333123456", "+39333", "+39333123456789012", "+39333x234567", "48100", "+39\x00333123456"} {
		if _, err := sms.ParseNumber(text); !fault.HasKey(err, "delivery.sms.number") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestSenders(t *testing.T) {
	for text, answerable := range map[string]bool{
		"Comune": false, "URP Modena": false, "Comune 2026": false, "48100": true, "+393331234567": true, "": false,
	} {
		if s, err := sms.ParseSender(text); err != nil || s.String() != text || s.Answerable() != answerable {
			t.Errorf("%q: %+v, %v", text, s, err)
		}
	}
	for _, text := range []string{"Comune di Modena", "123456789", "12", "Città", "+39", "a\nb", "...", "+39 abc"} {
		if _, err := sms.ParseSender(text); !fault.HasKey(err, "delivery.sms.sender") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestCommands(t *testing.T) {
	for text, want := range map[string]sms.Request{
		"STOP":                      {sms.Stop, "stop", ""},
		" stop!":                    {sms.Stop, "stop", ""},
		"«Stop»":                    {sms.Stop, "stop", ""},
		"Basta, grazie.":            {sms.Stop, "basta", "grazie."},
		"FINE":                      {sms.Stop, "fine", ""},
		"arresto":                   {sms.Stop, "arresto", ""},
		"Cancella biblioteca":       {sms.Stop, "cancella", "biblioteca"},
		"UNSUBSCRIBE":               {sms.Stop, "unsubscribe", ""},
		"ＳＴＯＰ":                      {sms.Stop, "stop", ""},
		"stóp":                      {sms.Stop, "stop", ""},
		"start":                     {sms.Start, "start", ""},
		"Aiuto":                     {sms.Help, "aiuto", ""},
		"Teatro: Due posti, Grazie": {sms.Keyword, "teatro", "Due posti, Grazie"},
		"Città\nvia Emilia":         {sms.Keyword, "citta", "via Emilia"},
		"stopping":                  {sms.Keyword, "stopping", ""},
		"123456":                    {sms.Keyword, "123456", ""},
		"":                          {Command: sms.Nothing},
		" …!? ":                     {Command: sms.Nothing},
	} {
		if got := sms.ReadCommand(text); got != want {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
}
