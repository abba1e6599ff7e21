package deliverytest

import (
	"bytes"
	"crypto/subtle"
	"errors"
	"io"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// session is one client's connection.
type session struct {
	sink     *Sink
	conn     *smtp.Conn
	known    bool // authenticated
	from, to string
}

var _ smtp.AuthSession = (*session)(nil)

func (s *Sink) session(c *smtp.Conn) (smtp.Session, error) {
	return &session{sink: s, conn: c}, nil
}

func (s *session) AuthMechanisms() []string {
	switch {
	case s.sink.options.User == "":
		return nil
	case s.sink.options.Login:
		return []string{sasl.Login}
	}
	return []string{sasl.Plain}
}

func (s *session) Auth(mechanism string) (sasl.Server, error) {
	if mechanism == sasl.Login {
		return &login{session: s}, nil
	}
	return sasl.NewPlainServer(func(_, user, password string) error { return s.admit(user, password) }), nil
}

func (s *session) admit(user, password string) error {
	o := s.sink.options
	if subtle.ConstantTimeCompare([]byte(user+"\x00"+password), []byte(o.User+"\x00"+o.Password)) != 1 {
		return smtp.ErrAuthFailed
	}
	s.known = true
	return nil
}

// login is the server of AUTH LOGIN, which the library lacks: it asks for the name and then for the password.
type login struct {
	session *session
	asked   int
	user    string
}

// Next is as in sasl.Server.
func (l *login) Next(response []byte) (challenge []byte, done bool, err error) {
	l.asked++
	switch l.asked {
	case 1:
		return []byte("Username:"), false, nil
	case 2:
		l.user = string(response)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.session.admit(l.user, string(response))
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.sink.options.User != "" && !s.known {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
	}
	s.from, s.to = from, ""
	return s.decide(AtMail)
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	return s.decide(AtRcpt)
}

func (s *session) Data(r io.Reader) error {
	data, err := s.sink.read(r)
	if err != nil {
		return err
	}
	if err := s.decide(AtData); err != nil {
		return err
	}
	s.sink.take(s.from, s.to, data)
	return s.decide(AtReply)
}

// head is how much of a body is looked at where nobody keeps it.
const head = 4 << 10

// read reads a body; where it is only counted, the beginning is all that is returned.
func (s *Sink) read(r io.Reader) ([]byte, error) {
	if s.options.Keep >= 0 || s.options.OnMail != nil {
		return io.ReadAll(r)
	}
	begins, err := io.ReadAll(io.LimitReader(r, head))
	if err == nil {
		_, err = io.Copy(io.Discard, r)
	}
	return begins, err
}

// messageID is the Message-ID in a header, without looking further.
func messageID(data []byte) string {
	const name = "\nMessage-ID: "
	if _, rest, found := bytes.Cut(data, []byte(name)); found {
		id, _, _ := bytes.Cut(rest, []byte("\r"))
		return string(id)
	}
	return ""
}

func (s *session) decide(stage Stage) error {
	connection := 0
	if w, clear := s.conn.Conn().(*wire); clear {
		connection = w.number
	}
	err := s.sink.attempt(stage, s.from, s.to, connection)
	if errors.Is(err, errDrop) {
		_ = s.conn.Conn().Close() // this is the point
	}
	return err
}

func (s *session) Reset()        { s.from, s.to = "", "" }
func (s *session) Logout() error { return nil }
