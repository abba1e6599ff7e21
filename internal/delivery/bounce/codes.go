package bounce

// codeReasons maps an enhanced status code to a reason: the whole code, or what follows the class. Sources: RFC 3463
// and the IANA registry of enumerated status codes (RFC 5248), which adds RFC 7293, 7372, 7504, 7505. Three-digit
// details are Exchange Online's
// (https://learn.microsoft.com/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online).
var codeReasons = map[string]Reason{
	".1.0": UnknownAddress, ".1.1": UnknownAddress, ".1.2": UnknownDomain, ".1.3": UnknownAddress,
	".1.4": UnknownAddress,
	".1.6": Moved, ".1.7": Sender, ".1.8": Sender, ".1.9": Content, ".1.10": NoMail,
	".2.1": Suspended, ".2.2": MailboxFull, ".2.3": TooLarge, ".2.4": System,
	".3.1": System, "5.3.2": NoMail, "4.3.2": Busy, ".3.3": System, ".3.4": TooLarge, ".3.5": System, ".3.6": System,
	".3.0": System,
	".4.0": Network, ".4.2": Network, ".4.3": Network, "5.4.4": UnknownDomain, "4.4.4": Network, ".4.5": Busy,
	".4.6": Network, ".4.7": Expired, "4.4.1": Network, "5.4.1": UnknownAddress,
	".5.3": Busy, ".5.1": Protocol, ".5.2": Protocol, ".5.4": Protocol, ".5.5": Protocol, ".5.6": Protocol,
	".7.8": Policy, ".7.9": Policy, ".7.13": Suspended, ".7.14": Policy, ".7.17": Moved, ".7.18": Moved,
	".7.20": Policy, ".7.21": Policy, ".7.22": Policy, ".7.23": Policy, ".7.24": Policy, ".7.25": Blocked,
	".7.26": Policy, ".7.27": Sender, ".7.28": Busy,
	// Exchange Online
	"5.1.10": UnknownAddress, "5.1.20": Content, "5.1.90": Busy, "5.1.351": UnknownAddress, "5.2.121": Busy,
	"5.2.122": Busy, "5.4.14": Network,
	"5.4.300": Expired, "5.4.310": UnknownDomain, "5.4.312": Network, "5.4.316": Expired, "5.7.606": Blocked,
	"5.7.511": Blocked,
}

// sureSubjects and looseSubjects map the subject of a code (RFC 3463 §3.1 to §3.8): the first is used before loose
// phrases, the second when nothing else was found. Subjects 0 to 2 do not say whether the address is valid.
var (
	sureSubjects  = map[byte]Reason{'3': System, '6': Content, '7': Policy}
	looseSubjects = map[byte]Reason{'4': Network, '5': Protocol}
)

// commandReasons is the reason for a refused command, if nothing else is known.
var commandReasons = map[string]Reason{"mail": Sender, "connect": Blocked}

// replyReasons maps SMTP reply codes (RFC 5321 §4.2.3, RFC 7504). 550, 553 and 554 are used for too many things to mean
// one.
var replyReasons = map[string]Reason{
	"421": Busy, "451": System, "452": MailboxFull, "500": Protocol, "501": Protocol, "502": Protocol, "503": Protocol,
	"504": Protocol, "521": NoMail, "525": Suspended, "530": Policy, "535": Policy, "551": Moved, "552": MailboxFull,
	"555": Protocol, "556": NoMail,
}
