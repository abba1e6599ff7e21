package bounce

import (
	"encoding/xml"
	"strings"
)

// A mail of Italian certified mail (PEC) is a receipt or an envelope. A receipt reports on a message in the field
// X-Ricevuta, in the file daticert.xml and in the subject, in words fixed by the technical rules (decree of 2 November
// 2005, annex). An envelope contains a whole mail: a certified one, or one that was not (an "anomalia").

// certificate is the part of daticert.xml that we use.
type certificate struct {
	Type    string `xml:"tipo,attr"`
	Error   string `xml:"errore,attr"`
	Heading struct {
		Recipients []string `xml:"destinatari"`
	} `xml:"intestazione"`
	Data struct {
		MessageID string   `xml:"msgid"`
		Delivery  string   `xml:"consegna"`
		Received  []string `xml:"ricezione"`
		Detail    string   `xml:"errore-esteso"`
	} `xml:"dati"`
}

// certificateErrors maps the attribute errore of daticert.xml (annex §7.4).
var certificateErrors = map[string]Reason{"no-dest": UnknownAddress, "no-dominio": UnknownDomain, "virus": Virus}

// certifiedSubjects are the beginnings of receipts' subjects (annex §6), in case a program on the way removed the
// field. Longer ones come first.
var certifiedSubjects = []struct{ prefix, receipt string }{
	{"avviso di non accettazione", "non-accettazione"},
	{"accettazione:", "accettazione"},
	{"presa in carico:", "presa-in-carico"},
	{"consegna:", "avvenuta-consegna"},
	{"preavviso di mancata consegna", "preavviso-errore-consegna"},
	{"avviso di mancata consegna", "errore-consegna"},
	{"problema di sicurezza:", "rilevazione-virus"},
	{"anomalia messaggio:", "anomalia"},
}

// certified reads the receipts of certified mail. Acceptance and delivery are successes. A first warning, after twelve
// hours, is a delay. All others are failures.
func certified(m *mail) (Kind, []Recipient) {
	field := strings.ToLower(strings.TrimSpace(m.header.get("x-ricevuta")))
	if field == "" && !strings.HasPrefix(strings.ToLower(m.from), "posta-certificata@") || m.conversation() {
		return None, nil
	}
	c := m.certificate()
	set(&m.original.MessageID, strings.Trim(m.header.get("x-riferimento-message-id"), "<> "))
	set(&m.original.MessageID, strings.Trim(c.Data.MessageID, "<> "))
	switch receipt := m.receiptOf(field, c); receipt {
	case "accettazione", "presa-in-carico", "avvenuta-consegna":
		return Auto, people(m.certifiedTo(c), Auto, Undetermined)
	case "errore-consegna", "preavviso-errore-consegna", "non-accettazione", "rilevazione-virus", "anomalia":
		all := m.uncertified(receipt, c)
		if len(all) == 0 {
			return Soft, nil
		}
		return overall(all), all
	}
	return None, nil
}

// receiptOf returns the kind of receipt, from its field, certificate or subject.
func (m *mail) receiptOf(field string, c certificate) string {
	if field == "" {
		field = strings.ToLower(c.Type)
	}
	for _, each := range certifiedSubjects {
		if field == "" && strings.HasPrefix(m.subject, each.prefix) {
			return each.receipt
		}
	}
	return field
}

// uncertified returns a failure receipt's recipients with their reasons.
func (m *mail) uncertified(receipt string, c certificate) []Recipient {
	words := c.Data.Detail
	if strings.TrimSpace(words) == "" {
		words = m.text
	}
	virus := receipt == "rilevazione-virus" || strings.EqualFold(m.header.get("x-verificasicurezza"), "errore")
	e := evidence{words: words, context: m.text, delayed: receipt == "preavviso-errore-consegna" || receipt == "errore-consegna" && m.delayed()}
	var all []Recipient
	for _, address := range m.certifiedTo(c) {
		r := e.recipient(address)
		if reason := certificateErrors[strings.ToLower(c.Error)]; reason != Undetermined && !e.delayed {
			r.Reason, r.Kind = reason, Soft
			if reason.hard() {
				r.Kind = Hard
			}
		}
		switch {
		case virus:
			r.Reason, r.Kind = Virus, Soft
		case receipt == "non-accettazione" && r.Reason == Undetermined, receipt == "anomalia" && r.Reason == Undetermined:
			r.Reason = Policy // our own provider refused it, or hers accepts only certified mail
		}
		all = append(all, r)
	}
	return merge(all)
}

// certifiedTo returns the recipients of a receipt: those in the certificate, or the first address in the text after the
// words for a recipient, or the only address.
func (m *mail) certifiedTo(c certificate) []string {
	for _, named := range [][]string{{c.Data.Delivery}, c.Data.Received, c.Heading.Recipients} {
		var all []string
		for _, text := range named {
			all = append(all, addressesIn(text)...)
		}
		if len(all) > 0 {
			return distinct(all)
		}
	}
	self := m.self()
	var all []string
	for _, s := range spans(m.text) {
		if self[strings.ToLower(s.address)] {
			continue
		}
		before := strings.ToLower(m.text[max(0, s.start-gap):s.start])
		if matchAny([]string{"destinat", "all'utente", "all'indirizzo", "alla casella"}, before) {
			return []string{s.address}
		}
		all = append(all, s.address)
	}
	if all = distinct(all); len(all) == 1 {
		return all
	}
	return nil
}

// certificate reads daticert.xml; the result is empty if it is missing or unreadable.
func (m *mail) certificate() certificate {
	var c certificate
	decoder := xml.NewDecoder(strings.NewReader(m.certificates))
	decoder.CharsetReader = charsetReader
	if err := decoder.Decode(&c); err != nil {
		return certificate{}
	}
	return c
}

// carried returns the mail inside an envelope of certified mail, nil if this is no envelope. A town with a certified
// mailbox gets each bounce from ordinary mail in such an envelope.
func (m *mail) carried() []byte {
	if m.header.has("x-ricevuta") || !m.header.has("x-trasporto") {
		return nil
	}
	return m.inside
}
