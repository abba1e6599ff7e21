package app

import (
	"os"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"unoxuno/internal/delivery"
)

// progress shows how far long work has come: a bar where a person watches stderr, nothing where a file or a program
// reads it.
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

// of sets how much there is to do in all, when that becomes known on the way.
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

// follow is what tells the bar how far a sending has come; nil where nobody watches, so that nothing is counted.
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
