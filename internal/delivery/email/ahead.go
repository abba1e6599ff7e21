package email

import (
	"context"
	"sync"
)

// signedJob is a job whose message is built and signed already.
type signedJob struct {
	Job
	signer  *Signer
	plain   []byte
	message []byte
	err     error
	spare   *sync.Pool
}

// Append is as in [Job].
func (j *signedJob) Append(dst []byte) ([]byte, error) {
	if j.err != nil {
		return dst, j.err
	}
	return append(dst, j.message...), nil
}

// Done is as in [Job].
func (j *signedJob) Done(err error) {
	j.Job.Done(err)
	j.Job = nil
	j.spare.Put(j)
}

func (j *signedJob) sign() {
	if j.plain, j.err = j.Job.Append(j.plain[:0]); j.err == nil {
		j.message, j.err = j.signer.Append(j.message[:0], j.plain)
	}
}

// Ahead takes jobs, lets so many workers build and sign their messages, and gives them on, ready for [Pool.Stream]; the
// channel it returns is closed when jobs is closed and all were given on. Each worker holds one message at most. When stop
// ends no more jobs are taken, and those that were not given on are done, with stop's error.
func (s *Signer) Ahead(stop context.Context, jobs <-chan Job, workers int) <-chan Job {
	signed := make(chan Job)
	spare := &sync.Pool{New: func() any { return new(signedJob) }}
	var working sync.WaitGroup
	for range max(1, workers) {
		working.Go(func() {
			for stop.Err() == nil {
				var job Job
				var ok bool
				select {
				case job, ok = <-jobs:
				case <-stop.Done():
				}
				if !ok {
					return
				}
				j := spare.Get().(*signedJob)
				j.Job, j.signer, j.spare = job, s, spare
				j.sign()
				select {
				case signed <- j:
				case <-stop.Done():
					j.Done(stop.Err())
				}
			}
		})
	}
	go func() {
		working.Wait()
		close(signed)
	}()
	return signed
}
