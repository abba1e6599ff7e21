package app

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/bounce"
	"unoxuno/internal/fault"
)

type bounceCmd struct {
	Explain bounceExplainCmd `cmd:"" help:"Tell what mails that came back say: whose message did not arrive, and why."`
}

type bounceExplainCmd struct {
	Files []string `arg:"" name:"file" help:"Mails as they came, one in each file; - for standard input."`
	JSON  bool     `help:"Print one JSON object a line."`
}

// Run explains each file. It reports files that it cannot read and goes on.
func (c bounceExplainCmd) Run(r *run) error {
	var code error
	for _, file := range c.Files {
		report, err := r.readBounce(file)
		if err != nil {
			_, _ = fmt.Fprintln(r.Err, "unoxuno: "+r.sentence(err))
			if code == nil {
				code = exit(exitCode(err))
			}
			continue
		}
		if c.JSON {
			_, err = r.Out.Write(append(report.Explain(file).JSON(), '\n'))
		} else {
			_, err = io.WriteString(r.Out, r.explained(file, report))
		}
		if err != nil {
			return err
		}
	}
	return code
}

func (r *run) readBounce(file string) (bounce.Report, error) {
	in, _, err := r.open(file)
	if err != nil {
		return bounce.Report{}, err
	}
	report, err := bounce.Parse(in)
	if err = errors.Join(err, in.Close()); err != nil { // a folder, say
		err = fault.NotFound("app.file", "File", file).Because(err)
	}
	return report, err
}

// explained returns a report in words: the kind of mail, and a line for each address.
func (r *run) explained(file string, report bounce.Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", file, r.say("delivery.return.kind."+string(report.Kind)))
	for _, one := range report.Recipients {
		var said []string
		if one.Kind != report.Kind {
			said = append(said, r.say("delivery.return.kind."+string(one.Kind)))
		}
		if failed(one) {
			said = append(said, r.say(delivery.ReasonWord(one.Reason)))
		}
		b.WriteString("  " + one.Address)
		if len(said) > 0 {
			b.WriteString(": " + strings.Join(said, ", "))
		}
		if one.Status != "" {
			fmt.Fprintf(&b, " (%s)", one.Status)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// failed tells whether a recipient's reason adds to its kind. A receipt has none, and a warning need not say that the
// message is late.
func failed(one bounce.Recipient) bool {
	switch one.Kind {
	case bounce.Auto, bounce.None:
		return false
	case bounce.Delayed:
		return one.Reason != bounce.Expired && one.Reason != bounce.Undetermined && one.Reason != ""
	}
	return true
}
