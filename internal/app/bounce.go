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

// Run explains each file. One that cannot be read is told of, and the rest is explained all the same.
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

// explained is a report in words: what kind of mail it is, and a line for each address.
func (r *run) explained(file string, report bounce.Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", file, r.say("delivery.return.kind."+string(report.Kind)))
	for _, one := range report.Recipients {
		fmt.Fprintf(&b, "  %s: %s", one.Address, r.say(delivery.ReasonWord(one.Reason)))
		if one.Status != "" {
			fmt.Fprintf(&b, " (%s)", one.Status)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
