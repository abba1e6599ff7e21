package app

import (
	"os"

	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/sms"
	"unoxuno/internal/fault"
	"unoxuno/internal/yamlfile"
)

// smsTemplate is the file of sms_template: how the HTTP interface of a provider is spoken to (see sms.Template).
type smsTemplate struct {
	Method   string   `yaml:"method"`
	Body     string   `yaml:"body"`
	Headers  []string `yaml:"headers"`
	Accepted string   `yaml:"accepted"`
	Refused  string   `yaml:"refused"`
	Unknown  string   `yaml:"unknown"`
	ID       string   `yaml:"id"`
	Callback struct {
		ID          string `yaml:"id"`
		State       string `yaml:"state"`
		Code        string `yaml:"code"`
		Delivered   string `yaml:"delivered"`
		Undelivered string `yaml:"undelivered"`
		Unknown     string `yaml:"unknown"`
		From        string `yaml:"from"`
		To          string `yaml:"to"`
		Text        string `yaml:"text"`
	} `yaml:"callback"`
}

// smsSettings returns how text messages are sent. Only nodes that stay accept receipts and inbound messages: a short
// command would lose them.
func (r *run) smsSettings() (delivery.SMSSettings, error) {
	s := delivery.SMSSettings{URL: r.config.SMSURL, Sender: r.config.SMSSender, Callback: r.config.PublicURL, Listen: r.stays}
	if r.gateway != nil {
		s.Gateway = r.gateway() // one for each house, which closes its own
	}
	file := r.config.SMSTemplate
	if file == "" {
		return s, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return s, fault.Invalid("config.unreadable", "File", file).Because(err)
	}
	var t smsTemplate
	if err := yamlfile.Decode(text, &t); err != nil {
		return s, fault.Invalid("config.malformed", "File", file, "Reason", err.Error())
	}
	s.Template = sms.Template{
		Method: t.Method, Body: t.Body, Headers: t.Headers, Accepted: t.Accepted, Refused: t.Refused, Unknown: t.Unknown, ID: t.ID,
		Callback: sms.Fields(t.Callback),
	}
	return s, nil
}
