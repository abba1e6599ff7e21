package app

import (
	"os"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"unoxuno/internal/delivery"
)

// progress shows the progress of long work: a bar if a person watches stderr, nothing if it is a file or a pipe.
type progress struct{ bar *progressbar.ProgressBar }

func (r *run) progress(what string, total int64) progress {
	f, ok := r.Err.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return progress{}
	}
	return progress{progressbar.NewOptions64(total,
		progressbar.OptionSetDescription(what), progressbar.OptionSetWriter(f), progressbar.OptionShowCount(),
		progressbar.OptionThrottle(100_000_000), progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(true))}
}

// of sets the total when it becomes known.
func (p progress) of(total int64) {
	if p.bar != nil && p.bar.GetMax64() != total {
		p.bar.ChangeMax64(total)
	}
}

func (p progress) set(n int64) {
	if p.bar != nil {
		_ = p.bar.Set64(n)
	}
}

// follow returns the function that updates the bar during a sending; nil if nobody watches, so that nothing is counted.
func (p progress) follow(done func(delivery.Progress) int64) func(delivery.Progress) {
	if p.bar == nil {
		return nil
	}
	return func(now delivery.Progress) { p.set(done(now)) }
}

func (p progress) done() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}
