package stories_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
)

// server is `unoxuno serve` as a process of its own.
type server struct {
	cmd  *exec.Cmd
	read sync.WaitGroup // until its log has ended
	log  strings.Builder
}

var servingAt = regexp.MustCompile(`msg=serving address=(\S+)`)

// startServer runs a command that serves, and returns when the site answers at the address.
func startServer(out io.Writer, dir string, env []string, command ...string) (s *server, address string, err error) {
	s = &server{cmd: exec.Command("unoxuno", append(command, "--listen", "127.0.0.1:0", "--log-level", "info")...)}
	s.cmd.Dir, s.cmd.Stdout = dir, out
	s.cmd.Env = slices.Concat(env, []string{"GORACE=" + raceOptions})
	log, err := s.cmd.StderrPipe()
	if err != nil {
		return nil, "", err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, "", err
	}
	lines := bufio.NewScanner(log)
	for address == "" && lines.Scan() {
		s.log.WriteString(lines.Text() + "\n")
		if found := servingAt.FindStringSubmatch(lines.Text()); found != nil {
			address = found[1]
		}
	}
	s.read.Go(func() {
		for lines.Scan() {
			s.log.WriteString(lines.Text() + "\n")
		}
	})
	if address == "" {
		return nil, "", errors.Join(errors.New("unoxuno serve ended at once:\n"+s.log.String()), s.stop())
	}
	return s, address, nil
}

// stop asks the program to end and waits for it.
func (s *server) stop() error {
	err := ignoreDone(s.cmd.Process.Signal(syscall.SIGTERM))
	s.read.Wait()
	return errors.Join(err, s.cmd.Wait())
}

func ignoreDone(err error) error {
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

func serve(ts *testscript.TestScript, args []string) {
	s := of(ts)
	if len(args) == 1 && args[0] == "stop" {
		running := s.server
		if s.server = nil; running == nil {
			ts.Fatalf("nothing is served")
		}
		if err := running.stop(); err != nil {
			ts.Fatalf("unoxuno serve: %v\n%s", err, running.log.String())
		}
		return
	}
	env := []string{"PATH=" + os.Getenv("PATH")}
	for _, name := range []string{
		"UNOXUNO_DATA", "UNOXUNO_DATABASE_URL", "UNOXUNO_SECRET", "UNOXUNO_CLOCK_FILE", "UNOXUNO_SMTP_URL", "UNOXUNO_PUBLIC_URL", "UNOXUNO_RETRY_FIRST",
		"UNOXUNO_BOUNCE_LISTEN", "UNOXUNO_BOUNCE_MAILDIR", "UNOXUNO_BOUNCE_SOFT_COUNT",
	} {
		if value := ts.Getenv(name); value != "" {
			env = append(env, name+"="+value)
		}
	}
	running, address, err := startServer(io.Discard, ts.MkAbs("."), env, "serve")
	ts.Check(err)
	s.server = running
	ts.Setenv("URL", "http://"+address)
	jar, err := cookiejar.New(nil)
	ts.Check(err)
	s.client = &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// ask sends a request and keeps the answer in the file page, after a line with its address where it leads on.
func ask(ts *testscript.TestScript, method string, args []string) {
	s := of(ts)
	if s.server == nil {
		ts.Fatalf("nothing is served")
	}
	form := url.Values{}
	for _, field := range args[2:] {
		name, value, _ := strings.Cut(field, "=")
		form.Add(name, value)
	}
	// Links in mails name the public address; here the site is reached without the proxy that answers there.
	path := strings.TrimPrefix(args[0], ts.Getenv("UNOXUNO_PUBLIC_URL"))
	var body io.Reader
	if method == http.MethodPost {
		body = strings.NewReader(form.Encode())
	}
	request, err := http.NewRequestWithContext(context.Background(), method, ts.Getenv("URL")+path, body)
	ts.Check(err)
	if body != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := s.client.Do(request)
	ts.Check(err)
	text, err := io.ReadAll(response.Body)
	ts.Check(errors.Join(err, response.Body.Close()))
	to := response.Header.Get("Location")
	ts.Check(os.WriteFile(ts.MkAbs("page"), []byte(to+"\n"+string(text)), 0o600))
	if response.StatusCode != number(ts, args[1]) {
		ts.Fatalf("%s %s answered %s, not %s:\n%s", method, path, response.Status, args[1], text)
	}
}
