package bounce

// unknownAddress are the phrases for an address that does not exist: those of the usual mail servers, then those in the
// languages of large providers and town halls.
var unknownAddress = []string{
	// Sendmail, Postfix, Courier, Dovecot, Cyrus
	"user unknown", "unknown user", "user not known", "user isn't known", "unknown or illegal", "unknown local",
	"unknown mailbox", "unknown recipient", "unknown account", "unknown address", "unknown e-mail", "unknown email",
	"unknown alias",
	"recipient unknown", "recipient is unknown", "mailbox unknown", "address unknown", "account unknown",
	"address is unknown", "undefined mailbox",
	// qmail and its relatives
	"no mailbox here", "no mailbox by that name", "no account by that name", "no such mailbox", "no such user",
	"no such recipient", "no such address", "no such account", "no such person", "no such local user", "no such alias",
	"no such email", "no such virtual user",
	"isn't in my control", "this address no longer accepts mail", "this address does not receive mail",
	// Exim, Exchange, Gmail, Yahoo, Zoho, Notes and many filters in front of them
	"user … not found", "user … does not exist", "user … doesn't exist", "user … not exist", "user … doesn't have",
	"user … does not have", "recipient … not found", "recipient … does not exist",
	"recipient … doesn't exist", "recipient … not exist", "mailbox … not found", "mailbox … does not exist",
	"mailbox … doesn't exist", "mailbox … not exist", "address … not found", "address … does not exist",
	"address … doesn't exist", "address … not exist", "address couldn't be found", "address could not be found",
	"address wasn't found", "account … does not exist", "account … doesn't exist", "account … not found",
	"account … not exist", "account … doesn't have", "login … does not exist",
	"@ does not exist", "@ doesn't exist", "@ not found", "@ is not a", "@ unknown", "does not exist here",
	"does not exist on", "does not have an account", "doesn't have an account", "not a valid mailbox",
	"not a valid recipient", "not a valid user", "not a valid address",
	"not a known user", "not a known recipient", "is not known", "not known here", "not known at", "not a local user",
	"no local user", "not our user", "not our customer", "not one of our",
	"invalid recipient", "invalid mailbox", "invalid user", "invalid final delivery", "illegal user", "illegal alias",
	"bad recipient", "bad destination mailbox", "bad address", "unregistered user", "user … not registered",
	"recipient name is not recognized", "recipient … not recognized", "user … not recognized", "recipientnotfound",
	"recipnotfound", "resolver.adr", "not listed in", "not found in directory", "not in directory",
	"not in … directory", "not in … address book", "not present in",
	"valid recipient", "no valid recipient", "couldn't be found or is invalid", "wasn't found at", "nonexistent user",
	"non-existent user", "nonexistent mailbox", "non-existent mailbox", "nonexistent recipient", "nonexistent address", "nonexistent account",
	"email address you entered couldn't be found", "unable to find … user", "unable to find … recipient",
	"unable to find … mailbox",
	"no user by", "no user with", "no user here", "no mailbox", "alias not found", "destination address … invalid",
	"address … invalid", "requested user mailbox", "cannot find … user", "failed … recipient lookup", "user lookup",
	"dd user", "no longer valid", "address is wrong", "wrong address", "email delivery point", "no email address",
	// Italian
	"utente sconosciuto", "utente inesistente", "utente non", "destinatario sconosciuto", "destinatario inesistente",
	"destinatario non", "casella inesistente", "casella … non esist", "indirizzo inesistente", "indirizzo … non esist",
	"indirizzo … non valid", "account inesistente",
	// French
	"destinataire inconnu", "destinataire invalide", "utilisateur inconnu", "adresse inconnue", "adresse invalide",
	"compte inexistant", "adresse … n'existe pas", "boîte … n'existe pas", "boite … inexistante",
	// German
	"empfänger unbekannt", "empfaenger unbekannt", "unbekannter empfänger", "benutzer unbekannt",
	"unbekannter benutzer", "existiert nicht", "adresse … nicht gefunden", "nicht bekannt",
	// Spanish, Portuguese
	"usuario desconocido", "usuario no existe", "usuario inexistente", "destinatario desconocido", "buzón … no existe",
	"dirección … no existe", "cuenta … no existe", "usuário desconhecido", "usuário inexistente",
	"destinatário desconhecido", "utilizador desconhecido", "não existe", "endereço … não encontrado",
	// Dutch, Polish, Czech, Russian
	"gebruiker onbekend", "onbekende gebruiker", "bestaat niet", "nie istnieje", "nieznany użytkownik", "neexistuje",
	"не существует", "не найден", "неизвестный пользователь", "неверный адрес",
	// Japanese, Chinese, Korean
	"存在しません", "存在しない", "見つかりません", "あて先不明", "宛先不明", "ユーザーが不明", "不存在", "查无此人", "无此用户", "用户未找到", "존재하지 않",
}
