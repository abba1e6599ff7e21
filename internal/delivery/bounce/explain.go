package bounce

import "encoding/json"

// Explanation is what `unoxuno bounce explain --json` prints for a file. Its fields and names are a public interface.
type Explanation struct {
	File       string               `json:"file"`
	Kind       Kind                 `json:"kind"`
	Recipients []ExplainedRecipient `json:"recipients"` // never null
}

// ExplainedRecipient is a recipient in an Explanation. Status and Reason are "" when unknown.
type ExplainedRecipient struct {
	Address string `json:"address"`
	Status  string `json:"status"`
	Reason  Reason `json:"reason"`
}

// Explain returns the Explanation of a report.
func (r Report) Explain(file string) Explanation {
	e := Explanation{File: file, Kind: r.Kind, Recipients: []ExplainedRecipient{}}
	for _, each := range r.Recipients {
		e.Recipients = append(e.Recipients, ExplainedRecipient{each.Address, each.Status, each.Reason})
	}
	return e
}

// JSON returns the explanation on one line, without a line break.
func (e Explanation) JSON() []byte {
	line, err := json.Marshal(e)
	if err != nil {
		return nil // strings can always be encoded
	}
	return line
}
