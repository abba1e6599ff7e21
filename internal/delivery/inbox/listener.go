package inbox

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/emersion/go-smtp"
	"golang.org/x/net/netutil"

	"unoxuno/internal/fault"
)

// Options configure a Listener.
type Options struct {
	Domain string                 // its name in the greeting
	Say    func(err error) string // the sentence for a person whose mail is refused
	Log    *slog.Logger
}

// Listener receives mail from a relay.
type Listener struct {
	taker    Taker
	options  Options
	server   *smtp.Server
	listener net.Listener
}

// address is where to listen.
type address struct {
	network, at string
	lmtp        bool
}

// parseURL reads smtp://host:port, lmtp://host:port or lmtp+unix:///path.
func parseURL(text string) (address, error) {
	malformed := fault.Invalid("delivery.inbox.url", "URL", text)
	u, err := url.Parse(text)
	if err != nil || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return address{}, malformed
	}
	switch {
	case u.Scheme == "lmtp+unix" && u.Host == "" && len(u.Path) > 1:
		return address{"unix", u.Path, true}, nil
	case (u.Scheme == "smtp" || u.Scheme == "lmtp") && u.Port() != "" && u.Path == "":
		return address{"tcp", u.Host, u.Scheme == "lmtp"}, nil
	}
	return address{}, malformed
}

// CheckURL fails with the fault delivery.inbox.url for a URL that Listen cannot read.
func CheckURL(text string) error {
	_, err := parseURL(text)
	return err
}

// Listen starts listening at smtp://host:port, lmtp://host:port or lmtp+unix:///path; Run serves. Faults:
// delivery.inbox.url and delivery.inbox.listen.
func Listen(ctx context.Context, url string, taker Taker, o Options) (*Listener, error) {
	where, err := parseURL(url)
	if err != nil {
		return nil, err
	}
	if where.network == "unix" {
		removeStale(ctx, where.at)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, where.network, where.at)
	if err != nil {
		return nil, fault.Unavailable("delivery.inbox.listen", "Address", url).Because(err)
	}
	if where.network == "unix" {
		// The relay is another user. The folder's permissions control access, as for every socket of Postfix.
		if err := os.Chmod(where.at, 0o666); err != nil { //nolint:gosec // see above
			return nil, errors.Join(fault.Unavailable("delivery.inbox.listen", "Address", url).Because(err), listener.Close())
		}
	}
	l := &Listener{taker: taker, options: o, listener: listener}
	l.server = smtp.NewServer(smtp.BackendFunc(l.session))
	l.server.LMTP = where.lmtp
	l.server.Domain = o.Domain
	l.server.MaxRecipients, l.server.MaxMessageBytes, l.server.MaxLineLength = maxRecipients, maxMessage, maxLine
	l.server.ReadTimeout, l.server.WriteTimeout = idleTime, idleTime
	l.server.EnableSMTPUTF8 = true // a bounce may contain an address outside ASCII (RFC 6533)
	l.server.ErrorLog = slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug)
	return l, nil
}

// removeStale removes the socket of a process that died: nobody answers on it.
func removeStale(ctx context.Context, path string) {
	if info, err := os.Lstat(path); err != nil || info.Mode().Type() != fs.ModeSocket {
		return
	}
	if c, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "unix", path); err == nil {
		_ = c.Close() // somebody answers: Listen will report that the address is in use
		return
	}
	_ = os.Remove(path) // if this fails Listen reports it
}

// Addr returns where it listens: host:port, or the path of a socket.
func (l *Listener) Addr() string { return l.listener.Addr().String() }

// Run serves until ctx ends, and then completes the transactions in progress.
func (l *Listener) Run(ctx context.Context) error {
	// The listener is closed first, so that Serve has accepted the last connection when Shutdown waits for them.
	listener := netutil.LimitListener(l.listener, maxConnections)
	stop := context.AfterFunc(ctx, func() { _ = listener.Close() }) // Shutdown closes it again and reports errors
	defer stop()
	err := ignoreClosed(l.server.Serve(listener))
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	ended := l.server.Shutdown(last)
	if errors.Is(ended, context.DeadlineExceeded) { // idle connections
		ended = nil
	}
	return errors.Join(err, ignoreClosed(ended), ignoreClosed(l.server.Close()))
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) || errors.Is(err, smtp.ErrServerClosed) {
		return nil
	}
	return err
}

// session is one connection.
type session struct {
	*Listener
	sender, recipient string
}

func (l *Listener) session(*smtp.Conn) (smtp.Session, error) { return &session{Listener: l}, nil }

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.sender = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.recipient = to
	return s.reply(s.taker.Expects(to), smtp.EnhancedCode{5, 1, 1})
}

// Data receives the mail. The library requires that it is read to the end.
func (s *session) Data(r io.Reader) error {
	ctx, cancel := context.WithTimeout(context.Background(), idleTime) // not cancelled when we stop
	defer cancel()
	delivered := io.MultiReader(strings.NewReader("Return-Path: <"+s.sender+">\r\n"), r) // RFC 5321 §4.4
	err := s.taker.Take(ctx, s.recipient, delivered)
	if _, unread := io.Copy(io.Discard, r); unread != nil {
		return unread // too long, or interrupted: it comes again
	}
	return s.reply(err, smtp.EnhancedCode{5, 7, 1})
}

func (s *session) Reset()        { s.sender, s.recipient = "", "" }
func (s *session) Logout() error { return nil }

// reply converts the Taker's error to a reply.
func (s *session) reply(err error, never smtp.EnhancedCode) error {
	switch {
	case err == nil:
		return nil
	case passing(err):
		s.options.Log.Error("what came back is not on record", "error", err)
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "Try again later"}
	}
	return &smtp.SMTPError{Code: 550, EnhancedCode: never, Message: plain(s.options.Say(err))}
}

// passing tells whether an error is temporary.
func passing(err error) bool {
	switch fault.KindOf(err) {
	case fault.KindInternal, fault.KindUnavailable, fault.KindTooMany:
		return true
	}
	return false
}

// unaccented replaces accented letters.
var unaccented = strings.NewReplacer("à", "a'", "è", "e'", "é", "e'", "ì", "i'", "ò", "o'", "ù", "u'", "È", "E'", "À", "A'",
	"’", "'", "‘", "'", "“", `"`, "”", `"`, "«", `"`, "»", `"`, "…", "...", "–", "-", "—", "-")

// plain returns a text as it may occur in a reply: printable ASCII on one line (RFC 5321 §4.2).
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case r < ' ' || r > '~':
			return -1
		}
		return r
	}, unaccented.Replace(text))
}
