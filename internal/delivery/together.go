package delivery

import "unoxuno/internal/delivery/email"

// Together adds up the progress of several batches of one matter: it is finished when all are, and has a Batch only if
// there is just one.
func Together(all ...Progress) Progress {
	if len(all) == 1 {
		return all[0]
	}
	var sum Progress
	type key struct {
		state  State
		reason email.Reason
	}
	at := map[key]int{}
	for i, p := range all {
		sum.Messages, sum.Waiting, sum.Sent, sum.Refused = sum.Messages+p.Messages, sum.Waiting+p.Waiting, sum.Sent+p.Sent, sum.Refused+p.Refused
		sum.Later, sum.Suppressed, sum.Withdrawn = sum.Later+p.Later, sum.Suppressed+p.Suppressed, sum.Withdrawn+p.Withdrawn
		sum.Cancelled, sum.Retried, sum.Kept = sum.Cancelled+p.Cancelled, sum.Retried+p.Retried, sum.Kept+p.Kept
		sum.Delivered, sum.Undelivered = sum.Delivered+p.Delivered, sum.Undelivered+p.Undelivered
		sum.Returns, sum.Filling = append(sum.Returns, p.Returns...), sum.Filling || p.Filling
		if sum.Delay == (Delay{}) {
			sum.Delay = p.Delay
		}
		for _, r := range p.Reasons {
			k := key{r.State, r.Reason}
			if n, ok := at[k]; ok {
				sum.Reasons[n].Count += r.Count
				continue
			}
			at[k] = len(sum.Reasons)
			sum.Reasons = append(sum.Reasons, r)
		}
		switch {
		case i == 0 || !sum.Finished.IsZero() && p.Finished.After(sum.Finished), p.Finished.IsZero():
			sum.Finished = p.Finished
		}
	}
	return sum
}
