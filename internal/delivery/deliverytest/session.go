package deliverytest

import (
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
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connections++
	return &session{sink: s, conn: c}, nil
}

func (s *session) AuthMechanisms() []string {
	if s.sink.options.User == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		o := s.sink.options
		if subtle.ConstantTimeCompare([]byte(user+"\x00"+password), []byte(o.User+"\x00"+o.Password)) != 1 {
			return smtp.ErrAuthFailed
		}
		s.known = true
		return nil
	}), nil
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

// read reads a body, and drops it where nobody will look at it.
func (s *Sink) read(r io.Reader) ([]byte, error) {
	if s.options.Keep < 0 && s.options.OnMail == nil {
		_, err := io.Copy(io.Discard, r)
		return nil, err
	}
	return io.ReadAll(r)
}

func (s *session) decide(stage Stage) error {
	err := s.sink.attempt(stage, s.from, s.to)
	if errors.Is(err, errDrop) {
		_ = s.conn.Conn().Close() // this is the point
	}
	return err
}

func (s *session) Reset()        { s.from, s.to = "", "" }
func (s *session) Logout() error { return nil }
