package bounce

import (
	"encoding/json"
	"strings"
)

// feedback reads a complaint: an abuse report (RFC 5965), or what Hotmail's and Amazon's loops send instead.
func feedback(m *mail) (Kind, []Recipient) {
	if m.conversation() {
		return None, nil
	}
	if len(m.feedback) > 0 {
		return feedbackReport(m)
	}
	if m.kind == "multipart/report" && strings.EqualFold(m.params["report-type"], "feedback-report") {
		return Complaint, people(m.reportedTo(), Complaint, Abuse)
	}
	if from := strings.ToLower(m.from); strings.HasPrefix(from, "staff@hotmail.") && len(m.reported) > 0 {
		return Complaint, people(m.reportedTo(), Complaint, Abuse)
	}
	return None, nil
}

// feedbackReport reads the fields of the report. A report that is not a person's complaint is Auto: "not-spam" (RFC
// 5965 §7.3) is the opposite, and auth-failure (RFC 6591) and dmarc are for the operators of servers.
func feedbackReport(m *mail) (Kind, []Recipient) {
	kind, addresses := Complaint, []string(nil)
	for _, body := range m.feedback {
		for line := range strings.Lines(body) {
			name, value, _ := splitField(line[:min(len(line), maxField)])
			switch name {
			case "feedback-type":
				switch strings.ToLower(value) {
				case "not-spam", "auth-failure", "dmarc", "dkim":
					kind = Auto
				}
			case "original-rcpt-to", "removal-recipient", "redacted-address":
				addresses = append(addresses, addressesIn(value)...)
			}
		}
	}
	if len(addresses) == 0 {
		addresses = m.reportedTo()
	}
	if kind == Auto {
		return Auto, people(addresses, Auto, Answer)
	}
	return Complaint, people(addresses, Complaint, Abuse)
}

// reportedTo returns the recipients of the reported message: from the field that Hotmail adds, or from To.
func (m *mail) reportedTo() []string {
	for _, h := range m.reported {
		for _, name := range []string{"x-hmxmroriginalrecipient", "x-original-to", "delivered-to", "to"} {
			if all := addressesIn(h.text(name)); len(all) > 0 {
				return all
			}
		}
	}
	return nil
}

// receipt reads a disposition notification (RFC 8098): somebody opened or deleted a message. It is no failure.
func receipt(m *mail) (Kind, []Recipient) {
	report := m.kind == "multipart/report" && strings.EqualFold(m.params["report-type"], "disposition-notification")
	if m.receipts == 0 && !report || m.conversation() || m.daemon() { // a mail system's receipt is a refusal (RFC 5429)
		return None, nil
	}
	return Auto, people([]string{m.from}, Auto, Answer)
}

// amazonNotice is the JSON of Amazon's mail service about a message, in a mail of its notification service.
type amazonNotice struct {
	Message string `json:"Message"` // the envelope's
	Type    string `json:"notificationType"`
	Event   string `json:"eventType"`
	Bounce  struct {
		Type       string `json:"bounceType"`
		Subtype    string `json:"bounceSubType"`
		Recipients []struct {
			Address    string `json:"emailAddress"`
			Action     string `json:"action"`
			Status     string `json:"status"`
			Diagnostic string `json:"diagnosticCode"`
		} `json:"bouncedRecipients"`
	} `json:"bounce"`
	Delay struct {
		Recipients []struct {
			Address    string `json:"emailAddress"`
			Status     string `json:"status"`
			Diagnostic string `json:"diagnosticCode"`
		} `json:"delayedRecipients"`
	} `json:"deliveryDelay"`
	Complaint struct {
		Recipients []struct {
			Address string `json:"emailAddress"`
		} `json:"complainedRecipients"`
	} `json:"complaint"`
	Mail struct {
		MessageID string `json:"messageId"`
		Source    string `json:"source"`
	} `json:"mail"`
}

// notification reads Amazon's JSON (https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html). Relays break
// its one long line with "!" and line breaks, and so do a few mail programs.
func notification(m *mail) (Kind, []Recipient) {
	if !strings.HasSuffix(strings.ToLower(m.from), "@sns.amazonaws.com") {
		return None, nil
	}
	begin := strings.IndexByte(m.text, '{')
	if begin < 0 {
		return None, nil
	}
	joined := strings.NewReplacer("!\r\n ", "", "!\n ", "", "\r\n ", "", "\n ", "", "\r", "", "\n", "").Replace(m.text[begin:])
	n, err := readNotice(joined)
	if err != nil {
		return None, nil
	}
	m.original.ReturnPath = n.Mail.Source
	switch n.Type + n.Event {
	case "Complaint":
		var addresses []string
		for _, r := range n.Complaint.Recipients {
			addresses = append(addresses, addressesIn(r.Address)...)
		}
		return Complaint, people(addresses, Complaint, Abuse)
	case "Bounce":
		all := n.bounced()
		return overall(all), all
	case "DeliveryDelay":
		all := n.delayed()
		return overall(all), all
	}
	return Auto, nil
}

// readNotice reads the notice, which may be a string inside an envelope.
func readNotice(text string) (n amazonNotice, err error) {
	if err = json.NewDecoder(strings.NewReader(text)).Decode(&n); err == nil && n.Message != "" {
		err = json.NewDecoder(strings.NewReader(n.Message)).Decode(&n)
	}
	return n, err
}

func (n amazonNotice) bounced() []Recipient {
	var all []Recipient
	for _, b := range n.Bounce.Recipients {
		address := addressesIn(b.Address)
		if len(all) == maxRecipients || len(address) == 0 {
			continue
		}
		e := evidence{words: b.Diagnostic, field: firstCode(b.Status), passing: n.Bounce.Type == "Transient"}
		r := e.recipient(address[0])
		if n.Bounce.Type == "Permanent" && r.Reason == Undetermined && (n.Bounce.Subtype == "General" || n.Bounce.Subtype == "NoEmail") {
			r.Kind, r.Reason = Hard, UnknownAddress
		}
		all = append(all, r)
	}
	return merge(all)
}

func (n amazonNotice) delayed() []Recipient {
	var all []Recipient
	for _, d := range n.Delay.Recipients {
		if address := addressesIn(d.Address); len(address) > 0 && len(all) < maxRecipients {
			all = append(all, evidence{words: d.Diagnostic, field: firstCode(d.Status), delayed: true}.recipient(address[0]))
		}
	}
	return merge(all)
}
