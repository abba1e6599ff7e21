package stories_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"regexp"
	"strings"

	"github.com/emersion/go-smtp"
	"github.com/rogpeppe/go-internal/testscript"

	"unoxuno/internal/delivery/deliverytest"
)

// comesBack brings a mail to the program over LMTP, as a relay does: "comesback ADDRESS WHAT [CODE]". What comes back is
// about the last mail to the address. With a code the program must answer it.
func comesBack(ts *testscript.TestScript, args []string) {
	about := last(ts, args[0])
	back, err := returned(about, args[1])
	ts.Check(err)
	err = bring(ts.Getenv("UNOXUNO_BOUNCE_LISTEN"), back)
	got := "250"
	var reply *smtp.SMTPError
	if errors.As(err, &reply) {
		got = fmt.Sprint(reply.Code)
		ts.Check(os.WriteFile(ts.MkAbs("reply"), []byte(reply.Message+"\n"), 0o600))
	} else {
		ts.Check(err)
	}
	want := "250"
	if len(args) > 2 {
		want = args[2]
	}
	if got != want {
		ts.Fatalf("the program answered %s (%v), not %s", got, err, want)
	}
}

// incoming is a mail to an address of the town's.
type incoming struct{ from, to, text string }

var mailto = regexp.MustCompile(`<mailto:([^?]+)\?subject=([^>]+)>`)

// returned is what somebody, or a machine, writes about a mail.
func returned(about deliverytest.Mail, what string) (incoming, error) {
	notice := func(status, words string) incoming {
		return incoming{"", about.From, "From: Mail Delivery System <MAILER-DAEMON@mx.citta.example>\r\n" +
			"Subject: Undelivered Mail Returned to Sender\r\nMIME-Version: 1.0\r\n" +
			"Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n" +
			"--b\r\nContent-Type: text/plain\r\n\r\nYour message could not be delivered.\r\n\r\n" +
			"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.citta.example\r\n\r\n" +
			"Final-Recipient: rfc822; " + about.To + "\r\nAction: failed\r\nStatus: " + status + "\r\nDiagnostic-Code: smtp; " + words + "\r\n\r\n--b--\r\n"}
	}
	letter := "From: " + about.To + "\r\nSubject: "
	switch what {
	case "hard":
		return notice("5.1.1", "550 5.1.1 User unknown"), nil
	case "full":
		return notice("4.2.2", "452 4.2.2 The mailbox is full"), nil
	case "complaint":
		return incoming{"", about.From, "From: fbl@provider.example\r\nSubject: FW: spam\r\nMIME-Version: 1.0\r\n" +
			"Content-Type: multipart/report; report-type=feedback-report; boundary=\"b\"\r\n\r\n" +
			"--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: Loop/1.0\r\nVersion: 1\r\n\r\n" +
			"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nCiao\r\n--b--\r\n"}, nil
	case "away":
		return incoming{about.To, about.From, letter + "Fuori ufficio\r\nAuto-Submitted: auto-replied\r\n\r\nTorno lunedì.\r\n"}, nil
	case "letter":
		return incoming{about.To, about.From, letter + "Re: il teatro\r\n\r\nA che ora si comincia?\r\n"}, nil
	case "forged":
		return incoming{"", "b-abcdefghijklmnopqrstuvwxyz@borgo.example", "Subject: x\r\n\r\nx\r\n"}, nil
	case "unsubscribe":
		found := mailto.FindStringSubmatch(about.Header("List-Unsubscribe"))
		if found == nil {
			return incoming{}, errors.New("the mail has no mailto to unsubscribe with")
		}
		return incoming{about.To, found[1], letter + found[2] + "\r\n\r\n"}, nil
	}
	return incoming{}, fmt.Errorf("nothing is known that comes back as %q", what)
}

// bring delivers a mail over LMTP.
func bring(url string, mail incoming) error {
	path := strings.TrimPrefix(url, "lmtp+unix://")
	conn, err := (&net.Dialer{}).DialContext(context.Background(), "unix", path)
	if err != nil {
		return err
	}
	c := smtp.NewClientLMTP(conn)
	defer func() { _ = c.Close() }() // the mail's fate is known
	if err := errors.Join(c.Mail(mail.from, nil)); err != nil {
		return err
	}
	if err := c.Rcpt(mail.to, nil); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	_, err = w.Write([]byte(mail.text))
	return errors.Join(err, w.Close())
}
