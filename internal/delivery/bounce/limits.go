package bounce

// MaxRead is how many bytes of a mail are examined. The report is at the beginning, followed by the returned message.
const MaxRead = 1 << 20

// Limits inside those bytes. A mail beyond a limit is read as if it ended there.
const (
	maxDepth      = 8         // multiparts inside each other
	maxParts      = 64        // parts in all
	maxFields     = 300       // header fields of a mail or part
	maxField      = 8 << 10   // bytes of one header field
	maxText       = 128 << 10 // bytes of readable text, decoded
	maxStatus     = 256 << 10 // bytes of delivery status, decoded
	maxLine       = 2000      // bytes of one line of text
	maxRecipients = 100       // addresses in one report
	maxDiagnostic = 4 << 10   // bytes in which a reason is sought
	maxLocal      = 128       // bytes before the @ (RFC 5321 says 64; some write more)
	maxDomain     = 255       // bytes after it
)
