package bounce

// phraseGroup is the phrases for one reason. They are matched against text prepared by normal: lower case, single
// spaces, "@" for an address, no codes. "…" stands for a few words.
type phraseGroup struct {
	reason  Reason
	phrases []string
}

// surePhrases are sufficient, whatever the code. The order matters if a text says several things: phrases about the
// sender, its server or the message come before those about the address, so that "domain of sender does not exist"
// never counts against the recipient.
var surePhrases = []phraseGroup{
	{Virus, []string{
		// content filters: ClamAV, Mimecast, amavis
		"virus", "infected", "malware", "ransomware", "trojan", "dangerous content",
	}},
	{Policy, []string{
		// authentication of the sending domain (RFC 7208, 6376, 7489)
		"dmarc", "spf ", "spf,", "dkim", "sender policy framework", "unauthenticated",
	}},
	{Sender, []string{
		// Postfix (reject_unknown_sender_domain and kin), Exim (verify = sender), Sendmail, qmail's mfcheck
		"sender address", "sender verify failed", "verification failed", "callout verification", "sender rejected", "sender denied", "sender … not allowed",
		"sender domain", "domain of sender", "unroutable sender", "unrouteable sender", "unresolvable sender",
		"invalid sender",
		"sender unknown", "unknown sender", "bad sender", "sender is not", "sender not", "return address",
		"from address",
		"mail from … rejected", "mail from … domain", "mailfrom", "your sender", "your address is not",
		"envelope sender", "reverse-path",
		"not a valid sender", "valid sender", "sender … does not exist",
		// lists and groups: mailman, fml, Google Groups, Exchange
		"not a member", "not member", "only members", "members only", "non-member", "not subscribed to",
		"not allowed to post",
		"permission to post", "not permitted to post", "google groups", "restricted … list", "senderrestrict",
		"not.authenticated",
		"delivery restriction", "restrictions … sender", "not allowed to send", "not authorized to send",
	}},
	{Relaying, []string{
		"relay access denied", "relaying denied", "relay denied", "relaying not allowed", "relay not permitted",
		"unable to relay",
		"not permitted to relay", "does not relay", "no relaying", "relaying prohibited",
		"not … open relay, so you have",
		"relaying mail", "relay not allowed", "rcpthosts", "this system is not configured to relay", "not relay for",
		"relaying is", "not an authorized relay",
		"mail server requires authentication when attempting to send to a non-local",
	}},
	{Blocked, []string{
		// blocklists, and rules about the server's name
		"blacklist", "black list", "black-list", "blocklist", "block list", "blocked using", "is listed", "are listed",
		"been listed", "host listed", "currently listed", "listed at", "listed by",
		"spamhaus", "spamcop", "barracudacentral", "sorbs", "dnsbl", " rbl", "reputation", "reverse dns",
		"reverse lookup", "reverse hostname",
		"ptr record", "ptr lookup", "no ptr", "rdns", "client host rejected", "client host … blocked",
		"client host … not found",
		"your ip", "ip address … blocked", "ip address … not allowed", "from your ip", "ip range", "source ip",
		"adresse ip", "invalid ip",
		"banned", "open relay", "dynamic ip", "dial-up", "dialup", "dynamic address", "residential", "helo", "ehlo",
		"my name was rejected", "invalid domain name", "messages from … weren't sent", "your network",
		"not accept … from", "no access from",
		"host … blocked", "server … blocked", "blocked by", "blocked for", "sending mta", "your host",
		"your mail server", "your server",
		"unwanted messages", "mail from … blocked", "email from … blocked", "refused due to", "address … blocked due",
		"block your",
		"connection dropped", "bogus helo", "fix reverse", "cannot find your",
		"can't find your", "cannot resolve your",
	}},
	{Policy, []string{
		// local rules; a mailbox of Italian certified mail accepts nothing else
		"solo … posta certificata", "solo … posta elettronica certificata", "solo messaggi pec", "solo pec", "solo … pec ",
		"solo … certificat", "esclusivamente … certificat", "non … posta ordinaria", "messaggi … ordinar", "only … certified",
		"authentication", "unauthenticated",
		"not authenticated", "authenticat",
		"policy reasons", "policy violation", "security policy", "local policy", "administrative prohibition",
		"administratively",
		"prohibited", "must issue a starttls", "starttls", "encryption", " tls", "not rfc", "rfc 5322", "rfc 2822",
		"rfc5322",
		"rfc2822", "two or more", "delivery not authorized", "not authorized", "unauthorized", "security restriction",
		"policy",
	}},
	{Spam, []string{
		"spam", "unsolicited", " ube", " uce", "junk mail", "junk email", "bulk mail", "bulk email", "content rejected",
		"message content",
		"content filter", "content restriction", "uribl", "surbl", "phish", "message rejected by",
		"high probability", "denied by", "blocked url", "text filter", "rejected by filter", "message was identified",
		"objectionable", "mail rejete",
	}},
	{Filtered, []string{
		// rules of the recipient, including those of Japanese mobile carriers
		"domain filter", "recipient … refuses to accept", "recipient only accepts", "user rejected", "rejects messages",
		"refused by recipient", "rule imposed", "filtering settings", "mailbox … filter",
		"due to extended inactivity new mail", "user refuses",
		"recipient … does not want", "recipient's … settings", "recipients settings", "sieve filter", "list of allowed",
		"受信拒否",
		" : user unknown", // au (Japan): the address is missing if the recipient's own filter refuses
	}},
	{Busy, []string{
		// how much and how fast we send: this does not concern her mailbox. "Quota" here is what a sender may send.
		"rate limit", "rate-limit", "ratelimit", "rate limiting", "message rate", "mail rate", "unusual rate", "at a rate", "rate that",
		"rate exceed", "rate has been exceed", "rate was exceed", "exceeded the rate", "maximum rate", "too quickly", "too fast", "throttl", "slow down", "greylist", "graylist",
		"grey list", "gray list", "grey-list", "gray-list", "temporarily deferred", "temporarily rate", "temporarily limited", "deferred due to",
		"deferred for", "sending limit", "sending quota", "sending rate", "user sending", "sender … quota", "sender … limit",
		"messages per", "emails per", "mails per", "recipients per", "connections per", "hourly limit", "hourly quota", "daily limit",
		"daily quota", "per-hour", "per hour", "per minute", "per day", "this hour", "too many concurrent", "too many connections",
		"too many sessions", "connection limit", "connection rate", "limite … invio", "limite … orari", "limite … giornalier",
		"troppi messaggi", "troppe connessioni", "troppe email", "troppe e-mail", "troppi destinatari", "zu viele", "trop de connexions",
	}},
	{MailboxFull, []string{
		"mailbox full", "mailbox is full", "mailbox … is full", "mailbox … full", "inbox is full", "inbox full",
		"maildir full", "mailfolder is full", "mbox full",
		"over quota", "overquota", "over its quota", "over their quota", "quota exceed", "exceeded … quota",
		"exceed … quota", "exceeds … quota", "out of quota",
		"quota violation", "quota is full", "quota … full", "disk quota", "quota error", "quotaexceeded",
		"mailbox quota", "exceeded storage",
		"exceed … storage", "exceeds … storage", "storage limit", "storage quota", "storage exceed", "exceeded … disk",
		"mailbox size limit", "mailbox … size limit",
		"maximum mailbox size", "not enough … space", "no space left for", "insufficient … space",
		"too many messages in … mailbox", "mailbox … too many messages",
		"too much mail data", "mail box full", "mail quota", "overdrawn", "diskspace quota", "mailbox exceed",
		"exceeds allowed size", "mailbox has exceeded", "full mailbox", "user is over", "mailbox over",
		"account is full", "account is over",
		"out of storage", "storage space", "disk is full for", "message file too big", "user … full", "low on space",
		"casella piena", "casella … piena", "spazio … esaurito", "superato … quota", "boîte … pleine", "boite … pleine",
		"postfach … voll", "speicherplatz", "buzón … lleno",
		"caixa … cheia", "переполнен", "quota пользователя", "容量", "邮箱已满", "信箱已滿", "いっぱい",
	}},
	{Suspended, []string{
		"account … disabled", "account … suspended", "account … inactive", "account … locked", "account … blocked",
		"account … deactivated", "account … not active",
		"account … frozen", "account … terminated", "account … expired", "account … temporarily unavailable",
		"account … unavailable", "account … deleted", "account … cancel",
		"disabled account", "suspended account", "inactive account", "locked account", "mailbox … disabled",
		"mailbox … suspended", "mailbox … inactive",
		"mailbox … frozen", "mailbox … locked", "mailbox … blocked", "mailbox … temporarily unavailable",
		"mailbox … not active", "mailbox … currently unavailable",
		"user … disabled", "user … suspended", "user … inactive", "user … locked", "user … not active",
		"user … deactivated", "recipient … disabled", "recipient … suspended", "recipient … inactive",
		"recipient … blocked",
		"recipient … paused", "inactive user", "address … disabled", "address … inactive", "address … suspended",
		"address … no longer active", "is disabled", "is inactive", "was disabled",
		"is suspended", "has been suspended", "has been disabled", "has been deactivated", "currently suspended",
		"temporarily suspended account", "domain … suspended",
		"domain … expired", "domain … disabled", "no longer accepting", "not accepting messages", "not accepting mail",
		"deactivated", "discontinued",
		"compte … bloqu", "compte … désactivé", "compte … desactive", "konto … deaktiviert", "konto … gesperrt",
		"cuenta … desactivada", "conta … desativada",
		"casella … disattiva", "casella … sospesa", "utente … disabilitato", "account … disattivato", "заблокирован",
		"отключен", "停止",
	}},
	{TooLarge, []string{
		"too large", "too big", "message size", "message length", "size limit", "exceeds … size", "exceeds … limit",
		"exceeded … size", "size exceed",
		"maximum size", "maximum message", "max message", "oversize", "size of … message", "length exceed", "mail size",
		"larger than", "size greater",
		"trop volumineux", "zu groß", "troppo grande", "demasiado grande",
	}},
	{NoMail, []string{
		"does not accept mail", "does not accept email", "not accept mail", "no smtp service", "null mx", "nullmx",
		"accepts no mail", "no mail accepted",
		"host/domain does not", "domain does not receive", "doesn't accept mail",
		"not accepting network messages", // RFC 3463 §3.4
	}},
	{Moved, []string{
		"has moved", "user moved", "mailbox moved", "address … changed", "new address is", "no longer at this address",
		"has left the",
		"no longer works", "no longer employed", "no longer with", "please forward to", "forwarding address",
		"user not local", "adresse … geändert", "déménagé", "trasferit",
	}},
	{UnknownAddress, unknownAddress},
	{UnknownDomain, []string{
		"host unknown", "unknown host", "domain unknown", "unknown domain", "host not found", "host … not found",
		"domain not found", "domain … not found",
		"domain name not found", "domain … does not exist", "domain … doesn't exist", "no such domain", "no such host",
		"non-existent domain", "nonexistent domain",
		"non-existent host", "nonexistent host", "bad destination system", "bad destination host", "unrouteable",
		"unroutable", "unrouteable mail domain", "not routable", "name or service not known",
		"couldn't find any host", "couldn't find a mail", "could not find a mail", "nxdomain", "no mail exchanger",
		"no valid mail exchanger",
		"not a valid domain", "illegal host/domain", "invalid host", "no such name", "host … not exist",
		"name server: host", "host or domain name not found",
		"address … not rout", "domain … invalid", "cannot find a host", "no mx or", "no route to domain",
		"unable to route", "domain is not reachable", "does not resolve", "could not resolve",
		"dominio inesistente", "dominio … non", "domaine inconnu", "unbekannte domain", "dominio desconocido",
	}},
	{Busy, []string{
		"too many recipients", "too many messages", "too many mails", "too many emails", "too many errors", "too many requests",
		"busy", "too much mail", "exceeded … connections", "connections exceeded", "limit … exceeded", "overload", "load too high",
		"load average", "come back later",
	}},
	{Expired, []string{
		"message expired", "aborted after", "not been collected", "failed … attempts", "envelope expired",
		"delivery time expired", "message timeout", "retry timeout exceeded", "retry time not reached",
		"delivery expired",
		"could not be delivered for", "not be delivered for more", "undelivered after", "has been delayed",
		"cannot send message for", "could not send message for", "time-out while", "gave up after",
		"queue too long", "retry limit", "retries exceeded", "maximum … retries", "delivery timed out",
		"unable to deliver … minutes", "unable to deliver … hours",
		"unable to deliver … days", "message has been in the queue", "exceeded maximum hold", "expired after",
		"transmission timed out", "not yet been delivered", "superamento tempo massimo", "superamento del tempo massimo", "superamento dei tempi massimi",
		"ventiquattro ore",
	}},
	{Network, []string{
		"connection refused", "connection timed out", "timed out", "timeout", "no route to host",
		"network is unreachable", "network unreachable", "network error", "connection reset",
		"lost connection", "connection lost", "connection closed", "connection failed", "connection was",
		"connection to", "mail loop", "mail for … loops", "too many hops", "loop detected", "looping", "loops back",
		"hop count", "message … looping",
		"forwarded more than", "unable to connect", "could not connect", "cannot connect", "couldn't connect",
		"establish … connection", "not reachable", "unreachable", "socket error",
		"accept our requests to connect", "dns error", "dns lookup", "dns failure", "name server", "name service",
		"dns … fail", "host lookup", "lookup failed",
		"lookup failure", "no mx found", "mx record", "unable to contact", "not responding", "did not respond",
		"no answer from", "local loop", "routing loop", "conversation with",
	}},
	{System, []string{
		"system error", "internal error", "server error", "input/output error", "i/o error", "write error",
		"queue file", "configuration error", "local configuration", "misconfigur",
		"can't create", "cannot create", "cannot open", "can't open", "command died", "command output", "procmail",
		"maildrop", "vdelivermail", "pipe to", "out of memory", "disk full", "no space left",
		"system storage", "system resources", "insufficient … resources", "insufficient … storage", "mailer error",
		"unknown mailer error", "ldap", "temporary failure", "service unavailable", "service refused",
		"service not available", "service … temporarily",
		"permission denied", "lock failure", "temporarily unavailable", "temporary error", "temporary problem",
		"try again", "try later", "no such file", "database", "backend", "processing error", "internal",
		"application failed", "local error", "local problem",
		"delivery agent", "deferred", "session aborted",
	}},
	{Content, []string{
		"header error", "headers too large", "header … invalid", "invalid header", "malformed", "duplicate header",
		"resent-from", "mime ", "bare lf", "bare line", "8bit", "8-bit", "attachment",
		"message format", "not conform", "non-compliant", "improper", "header", "unacceptable content", "encoding",
	}},
	{Protocol, []string{
		"syntax error", "not implemented", "bad sequence", "unrecognized command", "command unrecognized",
		"command not recognized", "unknown command", "need rcpt", "need mail", "protocol error", "invalid command",
		"command parameter", "parameter", "out of sequence",
	}},
}

// loosePhrases count only if neither words nor code were specific.
var loosePhrases = []phraseGroup{
	{Blocked, []string{
		"blocked", "client host", "access denied", "access rejected", "refused to talk to me", "connection rejected",
		"not allowed", "denied",
	}},
	{UnknownAddress, []string{
		"mailbox unavailable", "recipient address rejected", "recipient rejected", "address rejected",
		"rejected address",
		"does not like recipient", "invalid address", "not deliverable", "address … undeliverable", "not found",
		"no such",
	}},
	{Filtered, []string{"filter"}},
	{Spam, []string{
		"rejected for", "message rejected", "message refused", "mail refused", "not accepted", "transaction failed",
	}},
	{Expired, []string{"delayed", "in the queue too long", "giving up", "queue"}},
}
