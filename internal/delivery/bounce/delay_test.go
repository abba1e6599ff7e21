package bounce

import (
	"strings"
	"testing"
)

// late are the subjects and texts of mail servers' warnings.
var late = []struct{ name, subject, text string }{
	{"Postfix", "Delayed Mail (still being retried)", "THIS IS A WARNING ONLY.  YOU DO NOT NEED TO RESEND YOUR MESSAGE.\n\nYour message could not be delivered for more than 4 hour(s).\nIt will be retried until it is 5 day(s) old.\n\n<anna@example.org>: connect to mx.example.org[192.0.2.9]:25: Connection timed out"},
	{"Exim", "Warning: message 1abc delayed 24 hours", "A message that you sent has not yet been delivered to one or more of its\nrecipients after more than 24 hours on the queue on mx.example.\n\nNo action is required on your part. Delivery attempts will continue for\nsome time. Eventually the mail delivery software will give up.\n\n  anna@example.org\n    host mx.example.org [192.0.2.9]: 450 4.2.2 mailbox full"},
	{"Sendmail", "Warning: could not send message for past 4 hours", "    **********************************************\n    **      THIS IS A WARNING MESSAGE ONLY      **\n    **********************************************\n\n   ----- The following addresses had transient non-fatal errors -----\n<anna@example.org>\n\n   ----- Transcript of session follows -----\n<anna@example.org>... Deferred: Connection refused by mx.example.org.\nWarning: message still undelivered after 4 hours\nWill keep trying until message is 5 days old"},
	{"Exchange", "Delivery delayed: Notizie di novembre", "Delivery is delayed to these recipients or groups:\n\nanna@example.org\n\nThis message hasn't been delivered yet. Delivery will continue to be attempted.\nThe server will keep trying for the next 1 days."},
	{"Gmail", "Delivery Status Notification (Delay)", "Delivery incomplete\n\nThere was a temporary problem delivering your message to anna@example.org. Gmail will retry for 46 more hours. You'll be notified if the delivery fails permanently."},
	{"qmail", "delay notice", "Hi. This is the qmail-send program at mx.example.\nI'm afraid I haven't been able to deliver your message yet. I haven't given up: I'll keep trying.\n\n<anna@example.org>:\nSorry, I wasn't able to establish an SMTP connection."},
	{"Italian Exchange", "Recapito ritardato: Notizie", "Il recapito a questi destinatari o gruppi è in ritardo:\n\nanna@example.org\n\nIl server continuerà a tentare il recapito per i prossimi 2 giorni."},
	{"Italian Gmail", "Delivery Status Notification (Delay)", "Consegna incompleta\n\nSi è verificato un problema temporaneo durante il recapito del messaggio a anna@example.org. Gmail riproverà per altre 46 ore."},
	{"Italian, of a provider", "Avviso: messaggio in ritardo", "Il messaggio per anna@example.org non è ancora stato consegnato dopo 4 ore.\nTenteremo ancora per cinque giorni. Non è necessario reinviarlo.\nMotivo: 451 4.7.1 greylisted"},
	{"German Exchange", "Zustellung verzögert: Nachrichten", "Die Zustellung an folgende Empfänger verzögert sich:\n\nanna@example.org\n\nDer Server wird weiterhin versuchen, die Nachricht zuzustellen."},
	{"German Gmail", "Delivery Status Notification (Delay)", "Zustellung unvollständig\n\nBeim Senden an anna@example.org ist ein vorübergehendes Problem aufgetreten. Gmail versucht es weitere 46 Stunden."},
	{"MDaemon", "Warning: anna@example.org delay notification", "The attached message has not yet been delivered to anna@example.org. MDaemon will continue to attempt delivery.\nThis is a warning only."},
}

// TestAWarningIsNoFailure: a mail that only warns is Delayed, whatever its words and the reason.
func TestAWarningIsNoFailure(t *testing.T) {
	for _, c := range late {
		raw := "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nTo: newsletter@comune.example\nSubject: " + c.subject +
			"\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n" + c.text + "\n"
		report := mustParse(t, []byte(raw))
		if report.Kind != Delayed || len(report.Recipients) != 1 || report.Recipients[0].Address != "anna@example.org" {
			t.Errorf("%s: %s", c.name, report.Explain("").JSON())
		}
	}
}

// TestTheEndOfTryingIsAFailure: the same servers after they have given up.
func TestTheEndOfTryingIsAFailure(t *testing.T) {
	for _, c := range []struct{ subject, text string }{
		{"Undelivered Mail Returned to Sender", "Your message could not be delivered to one or more recipients.\n\n<anna@example.org>: connect to mx.example.org[192.0.2.9]:25: Connection timed out"},
		{"failure notice", "I'm not going to try again; this message has been in the queue too long.\n\n<anna@example.org>:\nSorry, I wasn't able to establish an SMTP connection. (#4.4.1)\nI've tried for days."},
		{"Mail delivery failed: returning message to sender", "A message that you sent could not be delivered to one or more of its recipients. This is a permanent error.\n\n  anna@example.org\n    retry timeout exceeded. It has been delayed for 5 days, and will not be retried."},
		{"Mancata consegna", "Il messaggio per anna@example.org non è stato consegnato dopo cinque giorni: è in ritardo da troppo.\nNon verranno effettuati ulteriori tentativi."},
		{"Nicht zugestellt", "Die Nachricht an anna@example.org konnte nicht zugestellt werden; die Zustellung war verzögert.\nEs werden keine weiteren Versuche unternommen."},
		{"Mail failure", "Delivery to anna@example.org failed permanently: message expired after 5 days. You do not need to resend it."},
	} {
		raw := "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nTo: newsletter@comune.example\nSubject: " + c.subject +
			"\nContent-Type: text/plain; charset=utf-8\n\n" + c.text + "\n"
		if report := mustParse(t, []byte(raw)); report.Kind != Soft {
			t.Errorf("%s: %s", c.text, report.Explain("").JSON())
		}
	}
}

// TestActionDecides: in a delivery status the Action field says whether anything failed, whatever the text says.
func TestActionDecides(t *testing.T) {
	for _, c := range []struct {
		fields, text string
		kind         Kind
	}{
		{"Action: delayed\nStatus: 5.1.1\n", "Undeliverable", Delayed},
		{"Action: Delayed (will be retried)\nStatus: 4.4.1\n", "", Delayed},
		{"Action: failed\nStatus: 4.4.7\n", "It was delayed, and will be retried for five days.", Soft},
		{"Action: failed\nStatus: 5.1.1\n", "This is a warning message only.", Hard},
		{"Status: 4.4.1\nWill-Retry-Until: Tue, 24 Nov 2026 10:00:00 +0100\n", "", Delayed},
		{"Status: 4.4.1\n", "The server will keep trying.", Delayed},
		{"Status: 4.4.1\n", "It was tried for five days.", Soft},
	} {
		raw := "From: MAILER-DAEMON@mx.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\n" + c.text +
			"\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; anna@example.org\n" + c.fields + "\n--b--\n"
		if report := mustParse(t, []byte(raw)); report.Kind != c.kind {
			t.Errorf("%q beside %q: %s", c.fields, c.text, report.Explain("").JSON())
		}
	}
}

// TestAmazonsDelay: its delay notice is a delay; what it calls transient is a failure.
func TestAmazonsDelay(t *testing.T) {
	for text, kind := range map[string]Kind{
		`{"eventType":"DeliveryDelay","deliveryDelay":{"delayedRecipients":[{"emailAddress":"anna@example.org","status":"4.4.1"}]}}`:                   Delayed,
		`{"notificationType":"Bounce","bounce":{"bounceType":"Transient","bouncedRecipients":[{"emailAddress":"anna@example.org","status":"5.1.1"}]}}`: Soft,
	} {
		if report := mustParse(t, []byte("From: no-reply@sns.amazonaws.com\n\n"+text)); report.Kind != kind || len(report.Recipients) != 1 {
			t.Errorf("%s: %s", text, report.Explain("").JSON())
		}
	}
}

// certifiedMail returns a receipt of certified mail as a provider sends it: signed, with its text, daticert.xml and,
// unless returned is "", the message.
func certifiedMail(header, text, certificate, returned string) string {
	var b strings.Builder
	b.WriteString("Return-Path: <posta-certificata@pec.example>\nFrom: posta-certificata@pec.example\nTo: newsletter@comune.example\n" + header +
		"MIME-Version: 1.0\nContent-Type: multipart/signed; protocol=\"application/x-pkcs7-signature\"; micalg=sha-256; boundary=s\n\n--s\n" +
		"Content-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: text/plain; charset=utf-8\n\n" + text + "\n--m\n")
	if certificate != "" {
		b.WriteString("Content-Type: application/xml; name=\"daticert.xml\"\nContent-Disposition: inline; filename=\"daticert.xml\"\n\n" + certificate + "\n--m\n")
	}
	if returned != "" {
		b.WriteString("Content-Type: message/rfc822; name=\"postacert.eml\"\n\n" + returned + "\n--m--\n")
	}
	b.WriteString("\n--s\nContent-Type: application/x-pkcs7-signature; name=\"smime.p7s\"\n\nMIIB\n--s--\n")
	return b.String()
}

func daticert(kind, failure, data string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><postacert tipo="` + kind + `" errore="` + failure + `"><intestazione>` +
		`<mittente>newsletter@comune.example</mittente><destinatari tipo="certificato">anna@pec.example</destinatari>` +
		`<risposte>newsletter@comune.example</risposte><oggetto>Notizie</oggetto></intestazione><dati><gestore-emittente>PEC</gestore-emittente>` +
		`<identificativo>opec1@pec.example</identificativo><msgid>&lt;m.1.2@comune.example&gt;</msgid>` + data + `</dati></postacert>`
}

// TestCertifiedMail: what a receipt says is in its field, its certificate or its subject; one of them is enough.
func TestCertifiedMail(t *testing.T) {
	const nobody = "<consegna>anna@pec.example</consegna><errore-esteso>5.1.1 - PEC - indirizzo non valido</errore-esteso>"
	const failed = "Il giorno 23/11/2026 nel messaggio proveniente da \"newsletter@comune.example\" e destinato all'utente \"anna@pec.example\" è stato rilevato un errore "
	for _, c := range []struct {
		name, header, text, certificate string
		kind                            Kind
		reason                          Reason
	}{
		{"acceptance", "Subject: ACCETTAZIONE: Notizie\nX-Ricevuta: accettazione\n", "Ricevuta", daticert("accettazione", "nessuno", ""), Auto, Undetermined},
		{"taken in charge", "Subject: PRESA IN CARICO: Notizie\nX-Ricevuta: presa-in-carico\n", "Ricevuta", "", Auto, ""},
		{"delivery", "Subject: CONSEGNA: Notizie\nX-Ricevuta: avvenuta-consegna\n", "consegnato nella casella di destinazione anna@pec.example", daticert("avvenuta-consegna", "nessuno", "<consegna>anna@pec.example</consegna>"), Auto, Undetermined},
		{"delivery, by its subject", "Subject: CONSEGNA: Notizie\n", "consegnato nella casella di destinazione anna@pec.example", "", Auto, Undetermined},
		{"nobody there", "Subject: AVVISO DI MANCATA CONSEGNA: Notizie\nX-Ricevuta: errore-consegna\n", failed + "5.1.1", daticert("errore-consegna", "no-dest", nobody), Hard, UnknownAddress},
		{"nobody there, by its certificate", "Subject: Notizie\n", "Avviso", daticert("errore-consegna", "no-dest", nobody), Hard, UnknownAddress},
		{"nobody there, by its subject", "Subject: AVVISO DI MANCATA CONSEGNA: Notizie\n", failed + "5.1.1 - PEC - indirizzo non valido.", "", Hard, UnknownAddress},
		{"no such domain", "Subject: AVVISO DI MANCATA CONSEGNA: Notizie\nX-Ricevuta: errore-consegna\n", "Avviso", daticert("errore-consegna", "no-dominio", ""), Hard, UnknownDomain},
		{"full", "Subject: AVVISO DI MANCATA CONSEGNA: Notizie\nX-Ricevuta: errore-consegna\n", failed + "5.2.2 - PEC - casella piena", daticert("errore-consegna", "altro", "<errore-esteso>5.2.2 - PEC - casella piena</errore-esteso>"), Soft, MailboxFull},
		{"first warning", "Subject: AVVISO DI MANCATA CONSEGNA PER SUPERAMENTO TEMPO MASSIMO: Notizie\nX-Ricevuta: preavviso-errore-consegna\n", "non è stato consegnato all'utente \"anna@pec.example\" nelle prime dodici ore", daticert("preavviso-errore-consegna", "altro", ""), Delayed, Expired},
		{"first warning, by its text", "Subject: AVVISO DI MANCATA CONSEGNA PER SUPERAMENTO TEMPO MASSIMO: Notizie\n", "il messaggio destinato all'utente \"anna@pec.example\" non è stato consegnato nelle prime dodici ore dal suo invio. Non escludendo che questo possa avvenire in seguito", "", Delayed, Expired},
		{"a day has gone", "Subject: AVVISO DI MANCATA CONSEGNA PER SUPERAMENTO TEMPO MASSIMO: Notizie\nX-Ricevuta: errore-consegna\n", "il messaggio destinato all'utente \"anna@pec.example\" non è stato consegnato nelle ventiquattro ore successive al suo invio. La spedizione deve considerarsi non andata a buon fine", daticert("errore-consegna", "altro", ""), Soft, Expired},
		{"virus", "Subject: PROBLEMA DI SICUREZZA: Notizie\nX-Ricevuta: rilevazione-virus\nX-VerificaSicurezza: errore\n", "rilevato un problema di sicurezza", daticert("rilevazione-virus", "virus", ""), Soft, Virus},
		{"not accepted", "Subject: AVVISO DI NON ACCETTAZIONE: Notizie\nX-Ricevuta: non-accettazione\n", "rilevato un problema che ne impedisce l'accettazione", daticert("non-accettazione", "altro", ""), Soft, Policy},
		{"anomaly that refuses", "Subject: ANOMALIA MESSAGGIO: Notizie\n", "Questa casella riceve solo messaggi di posta certificata: il messaggio di newsletter@comune.example per anna@pec.example è stato respinto.", "", Soft, Policy},
	} {
		report := mustParse(t, []byte(certifiedMail(c.header, c.text, c.certificate, "")))
		if report.Kind != c.kind || len(report.Recipients) > 0 && (report.Recipients[0].Address != "anna@pec.example" || report.Recipients[0].Reason != c.reason) {
			t.Errorf("%s: %s", c.name, report.Explain("").JSON())
		}
		if c.kind != Auto && len(report.Recipients) != 1 {
			t.Errorf("%s names nobody", c.name)
		}
		if c.certificate != "" && report.Original.MessageID != "m.1.2@comune.example" {
			t.Errorf("%s is about %+v", c.name, report.Original)
		}
	}
}

// TestAnEnvelopeOfCertifiedMailIsOpened: the mail inside counts, whether it is a bounce or a person's.
func TestAnEnvelopeOfCertifiedMailIsOpened(t *testing.T) {
	for _, name := range fixtures(t) {
		inside := fixture(t, name)
		for _, transport := range []string{"errore", "posta-certificata"} {
			envelope := certifiedMail("Subject: ANOMALIA MESSAGGIO: x\nX-Trasporto: "+transport+"\n", "Anomalia nel messaggio", "", string(inside))
			if strings.Contains(string(inside), "\n--m\n") || strings.Contains(string(inside), "\n--s\n") {
				t.Fatal("choose another boundary")
			}
			got, want := mustParse(t, []byte(envelope)), mustParse(t, inside)
			if got.Kind != want.Kind && name != "own-in-own.eml" { // this one is a bounce in a bounce
				t.Errorf("%s: %s inside is %s", name, got.Kind, want.Kind)
			}
		}
	}
	person := "Return-Path: <anna@example.org>\nFrom: anna@example.org\nSubject: I: CONSEGNA: Notizie\n\nDevo rispondere?\n"
	if got := mustParse(t, []byte(person)).Kind; got != None {
		t.Errorf("a person who asks about a receipt is %s", got)
	}
}
