package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"unoxuno/internal/access"
	"unoxuno/internal/app/demo"
	"unoxuno/internal/config"
	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/fault"
	"unoxuno/internal/locale"
	"unoxuno/internal/storage"
)

// Stdio is where a run reads and writes.
type Stdio struct {
	In       io.Reader
	Out, Err io.Writer
}

// run is one run of the program: what every command is given.
type run struct {
	Stdio
	ctx      context.Context
	config   config.Config
	settings []config.Setting
	words    *locale.Words
	lang     string // of messages on the terminal
	log      *slog.Logger
	mailbox  *demo.Mailbox      // of the demonstration; nil otherwise
	gateway  func() sms.Gateway // makes the demonstration's SMS gateway; nil otherwise
	stays    bool               // it runs until it is stopped
	restored bool               // it has just restored a copy
}

// exit is an error with an exit code that was reported already.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// owed is the exit code if messages are still queued after as much work as possible now.
const owed exit = 6

// Main runs the program with the given arguments and returns its exit code; see the package comment.
func Main(ctx context.Context, args []string, getenv func(string) string, std Stdio) int {
	keepToOurselves()
	words, err := allWords()
	if err != nil {
		_, _ = fmt.Fprintln(std.Err, err)
		return 1
	}
	r := &run{Stdio: std, words: words, lang: terminalLanguage(getenv)}
	r.ctx = access.With(ctx, access.Actor{Kind: access.Console, Name: "console"})
	err = storage.Fault(r.parseAndRun(args, getenv))
	var code exit
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	case errors.Is(err, context.Canceled) && ctx.Err() != nil: // not a defect: it was stopped
		_, _ = fmt.Fprintln(std.Err, "unoxuno: "+r.say("app.stopped"))
		return int(owed)
	}
	_, _ = fmt.Fprintln(std.Err, "unoxuno: "+r.sentence(err))
	return exitCode(err)
}

func (r *run) parseAndRun(args []string, getenv func(string) string) error {
	for _, arg := range args {
		if !utf8.ValidString(arg) {
			return fault.Invalid("text.encoding")
		}
	}
	var cli CLI
	done := false
	parser, err := kong.New(&cli,
		kong.Name("unoxuno"),
		kong.Description("Citizen Relationship Management for towns. Settings come from flags, then UNOXUNO_… in the environment, then one file."),
		kong.Writers(r.Out, r.Err),
		kong.Exit(func(int) { done = true }),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		return err
	}
	command, err := parser.Parse(args)
	if done { // --help was answered
		return nil
	}
	if err != nil {
		return fault.Invalid("app.usage", "Reason", err.Error())
	}
	file := cli.Config
	if file == "" {
		file = getenv("UNOXUNO_CONFIG")
	}
	if r.config, r.settings, err = config.Load(cli.Settings.values(), getenv, file); err != nil {
		return err
	}
	r.log = newLog(r.Err, r.config.LogLevel)
	return command.Run(r)
}

func newLog(w io.Writer, level string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: l}))
}

// terminalLanguage returns Italian if the terminal's language is, and otherwise English, in which scripts and logs are
// read.
func terminalLanguage(getenv func(string) string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := getenv(name); v != "" {
			if strings.HasPrefix(v, "it") {
				return "it"
			}
			return "en"
		}
	}
	return "en"
}

// sentence returns what the terminal's reader is told about err. A defect is shown in full: she is its only reader.
func (r *run) sentence(err error) string {
	if fault.KindOf(err) == fault.KindInternal {
		return err.Error()
	}
	text := fault.Sentence(err, func(key string, args map[string]any) string {
		if field, _ := args["Field"].(string); key == "fault.empty" && field != "" { // a terminal has no field to point to
			key = "app.field_empty"
		}
		return r.saysWith(key, args)
	})
	var e *fault.Error
	if errors.As(err, &e) && e.Cause != nil && e.Kind == fault.KindUnavailable {
		text += " (" + e.Cause.Error() + ")"
	}
	return text
}

func (r *run) saysWith(key string, args map[string]any) string {
	return r.words.SayWith(r.lang, key, args)
}

func (r *run) say(key string, args ...any) string { return r.words.Say(r.lang, key, args...) }

// tell prints a line of words on stdout.
func (r *run) tell(key string, args ...any) {
	_, _ = fmt.Fprintln(r.Out, r.say(key, args...))
}

func exitCode(err error) int {
	switch fault.KindOf(err) {
	case fault.KindInvalid, fault.KindTooLarge:
		return 2
	case fault.KindNotFound:
		return 3
	case fault.KindConflict, fault.KindForbidden, fault.KindExpired, fault.KindUnauthenticated, fault.KindTooMany:
		return 4
	case fault.KindUnavailable:
		return 5
	}
	return 1
}
