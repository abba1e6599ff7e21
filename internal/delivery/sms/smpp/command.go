package smpp

import "fmt"

// Command is a command_id (§5.1.2.1).
type Command uint32

// The commands that a client needs.
const (
	GenericNack      Command = 0x80000000
	BindTransmitter  Command = 0x00000002
	QuerySM          Command = 0x00000003
	SubmitSM         Command = 0x00000004
	DeliverSM        Command = 0x00000005
	Unbind           Command = 0x00000006
	BindTransceiver  Command = 0x00000009
	EnquireLink      Command = 0x00000015
	AlertNotify      Command = 0x00000102
	responseBit      Command = 0x80000000
	submitSMResp             = SubmitSM | responseBit
	bindTransmitResp         = BindTransmitter | responseBit
	bindTransceiResp         = BindTransceiver | responseBit
)

// Response is the command that answers c.
func (c Command) Response() Command { return c | responseBit }

// IsResponse tells whether c answers another command.
func (c Command) IsResponse() bool { return c&responseBit != 0 }

func (c Command) String() string {
	names := map[Command]string{
		GenericNack: "generic_nack", BindTransmitter: "bind_transmitter", SubmitSM: "submit_sm", DeliverSM: "deliver_sm",
		Unbind: "unbind", BindTransceiver: "bind_transceiver", EnquireLink: "enquire_link", AlertNotify: "alert_notification",
	}
	if name, ok := names[c]; ok {
		return name
	}
	if name, ok := names[c&^responseBit]; ok && c.IsResponse() {
		return name + "_resp"
	}
	return fmt.Sprintf("command 0x%08X", uint32(c))
}

// Status is a command_status (§5.1.3); 0 is success.
type Status uint32

// The statuses that mean something to us.
const (
	OK                 Status = 0x00
	InvalidLength      Status = 0x01 // ESME_RINVMSGLEN
	InvalidCommand     Status = 0x03 // ESME_RINVCMDID
	InvalidBindStatus  Status = 0x04 // ESME_RINVBNDSTS
	AlreadyBound       Status = 0x05 // ESME_RALYBND
	SystemError        Status = 0x08 // ESME_RSYSERR
	InvalidSource      Status = 0x0A // ESME_RINVSRCADR
	InvalidDestination Status = 0x0B // ESME_RINVDSTADR
	BindFailed         Status = 0x0D // ESME_RBINDFAIL
	InvalidPassword    Status = 0x0E // ESME_RINVPASWD
	InvalidSystemID    Status = 0x0F // ESME_RINVSYSID
	QueueFull          Status = 0x14 // ESME_RMSGQFUL
	InvalidSourceTON   Status = 0x48 // ESME_RINVSRCTON
	InvalidSourceNPI   Status = 0x49 // ESME_RINVSRCNPI
	InvalidDestTON     Status = 0x50 // ESME_RINVDSTTON
	InvalidDestNPI     Status = 0x51 // ESME_RINVDSTNPI
	InvalidSystemType  Status = 0x53 // ESME_RINVSYSTYP
	Throttled          Status = 0x58 // ESME_RTHROTTLED
	TryAgain           Status = 0x64 // ESME_RX_T_APPN
	NeverAgain         Status = 0x65 // ESME_RX_P_APPN
	Rejected           Status = 0x66 // ESME_RX_R_APPN
	InvalidTLV         Status = 0xC0 // ESME_RINVOPTPARSTREAM
	UnknownError       Status = 0xFF // ESME_RUNKNOWNERR
)

func (s Status) String() string {
	names := map[Status]string{
		OK: "ESME_ROK", InvalidLength: "ESME_RINVMSGLEN", InvalidCommand: "ESME_RINVCMDID",
		InvalidBindStatus: "ESME_RINVBNDSTS", AlreadyBound: "ESME_RALYBND", SystemError: "ESME_RSYSERR",
		InvalidSource: "ESME_RINVSRCADR", InvalidDestination: "ESME_RINVDSTADR", BindFailed: "ESME_RBINDFAIL",
		InvalidPassword: "ESME_RINVPASWD", InvalidSystemID: "ESME_RINVSYSID", QueueFull: "ESME_RMSGQFUL",
		InvalidSourceTON: "ESME_RINVSRCTON", InvalidSourceNPI: "ESME_RINVSRCNPI", InvalidDestTON: "ESME_RINVDSTTON",
		InvalidDestNPI: "ESME_RINVDSTNPI", InvalidSystemType: "ESME_RINVSYSTYP", Throttled: "ESME_RTHROTTLED",
		TryAgain: "ESME_RX_T_APPN", NeverAgain: "ESME_RX_P_APPN", Rejected: "ESME_RX_R_APPN",
		InvalidTLV: "ESME_RINVOPTPARSTREAM", UnknownError: "ESME_RUNKNOWNERR",
	}
	if name, ok := names[s]; ok {
		return name
	}
	return fmt.Sprintf("status 0x%08X", uint32(s))
}

// Tag is the tag of an optional parameter (§5.3.1).
type Tag uint16

// The optional parameters that mean something to us.
const (
	TagReceiptedMessageID Tag = 0x001E
	TagReference          Tag = 0x020C // sar_msg_ref_num
	TagTotal              Tag = 0x020E // sar_total_segments
	TagNumber             Tag = 0x020F // sar_segment_seqnum
	TagNetworkError       Tag = 0x0423 // network_error_code
	TagPayload            Tag = 0x0424 // message_payload
	TagMessageState       Tag = 0x0427
)
