package bounce

// The lists below are in lower case. "…" stands for a few words.

// daemonNames occur in the From or Sender field of mail systems only: local parts and names.
var daemonNames = []string{
	"mailer-daemon", "mailer_daemon", "mailerdaemon", "mailer daemon", "mail-daemon", "mail daemon", "maildaemon",
	"mdaemon@", "mail delivery", "mail deliver ", "delivery subsystem", "mail subsystem", "mail system", "mailsystem",
	"mail router", "mail transfer", "message delivery", "delivery notification", "content-filter", "undeliverable",
	"microsoftexchange", "posta-certificata@",
}

// postmasterNames occur in the From or Sender field of mail systems, and of the people who run them.
var postmasterNames = []string{
	"postmaster", "post_master", "post-master", "mail administrator", "system administrator",
}

// bounceSubjects occur in subjects of notifications.
var bounceSubjects = []string{
	"undeliver", "returned mail", "returned email", "mail returned", "mail delivery", "delivery fail",
	"delivery status", "delivery notif", "delivery report", "delivery problem", "delivery error", "delivery delay",
	"delivery has", "delivery could", "failure notice", "failure delivery", "failed delivery", "failure report",
	"non-delivery", "nondelivery", "non delivery", "mail failure", "mail failed", "failed mail", "mail error",
	"mail system error", "could not send", "cannot send", "could not be delivered", "not delivered", "wasn't delivered",
	"was not delivered", "unable to deliver", "can't deliver", "message delivery", "returned to sender",
	"return to sender",
	"delayed mail", "mail delayed", "message … delayed", "mail status", "transcript", "notice: mail",
	"permanent delivery", "user unknown", "message you sent blocked", "message rejected", "automatically rejected",
	"rejected mail", "email returned", "message status", "bounced", "errors from", "error sending your",
	"mancata consegna", "mancato recapito", "non recapitabile", "non consegnat", "recapitare",
	"consegnare il messaggio", "notifica di recapito", "notifica sullo stato", "unzustellbar", "nicht zugestellt",
	"zustellung", "non remis", "échec de la remise", "non distribu", "notification de remise",
	"no se puede entregar", "no se pudo entregar", "no entregado", "error de entrega", "não entregue",
	"não foi possível entregar", "falha na entrega", "onbestelbaar", "niedostarczon", "nedoručiteln", "недоставлен",
	"не доставлено", "не удалось доставить", "配信不能", "配信エラー", "配送", "送信できません", "エラーメール", "退信", "投递失败", "无法投递",
}

// failurePhrases occur in the text of notifications, mostly just above the list of recipients.
var failurePhrases = []string{
	"could not be delivered", "couldn't be delivered", "cannot be delivered", "can not be delivered",
	"can't be delivered", "can't deliver", "wasn't delivered", "was not delivered", "were not delivered",
	"not been delivered", "not yet been delivered", "yet to be delivered", "could not be sent", "failed to send", "non-deliverable",
	"not be delivered", "unable to deliver", "able to deliver", "undeliverable", "undelivered", "delivery to … failed",
	"delivery … failed", "delivery has failed", "failed delivery", "delivery failure", "failed to deliver",
	"could not deliver", "did not reach", "delivery … aborted", "delivery … delayed", "has been delayed", "is delayed",
	"delivery to the following", "delivering your", "deliver a message", "deliver the mail", "deliver mail to",
	"problem delivering", "fatal error", "delivery problem", "delivery error", "transcript of session",
	"session transcript", "following address", "following recipient", "addresses failed", "address failed",
	"address(es) failed", "recipient(s)", "not relayed to", "rejected by", "rejected your message",
	"returned to sender", "mail system at", "permanent error", "permanent failure", "has been returned",
	"is being returned", "delivery status", "mail you sent", "message you sent",
	"could not send", "delivery incomplete", "not able to reach", "non-delivery", "message has been rejected", "message was rejected",
	"message was not accepted", "failure notice", "failure reasons", "automatically rejected", "intended recipient",
	"failed addresses", "problem with the e-mail address", "trouble delivering", "rejected recipient",
	"delivery errors", "delivery problems", "no longer valid",
	"non è stato … consegnare", "consegnare il messaggio", "recapitare il messaggio", "recapitare la", "non è stato recapitato",
	"non può essere recapitato", "non consegnat", "mancata consegna", "è stato respinto", "non è stato consegnat", "non è stata consegnat", "è stato rifiutato",
	"consegna incompleta", "recapito … non … riuscito", "impossibile recapitare", "impossibile consegnare", "nicht zugestellt", "konnte nicht",
	"n'a pas pu être", "n'a pas été remis", "no se pudo entregar", "no pudo ser entregado", "não pôde ser entregue",
	"não foi possível entregar", "не может быть доставлено", "не удалось доставить", "не было доставлено", "送信できません",
	"送信に失敗", "配信できません", "配送できません", "届けられません", "届きません", "あて先", "宛先", "无法投递", "无法送达", "退回",
}

// returnedLines announce the returned message.
var returnedLines = []string{
	"is a copy of the", "is a copy of your", "copy of the original message", "original message follows",
	"original mail follows", "original message as received", "message headers follow", "message header follows",
	"below this line is", "header of the original", "headers of the original", "original message header",
	"original message text", "text of the original", "begin included message", "message headers:", "message header:",
	"元のメール", "original-nachricht",
}

// returnedRules announce it in a line of hyphens, equals signs or the like.
var returnedRules = []string{
	"message follows", "mail follows", "original message", "original mail", "returned message", "returned mail",
	"message header", "message text", "message body", "undelivered message", "unsent message", "copy of the message",
	"start of returned",
}

// senderLabels precede an address that is not a recipient's.
var senderLabels = []string{
	"from", "from:", "from :", "sender", "sender:", "reply-to:", "reply to", "return-path:", "mail from:", "mail from",
	"message-id:", "message id:", "messageid:", "contact", "contact:", "f=[", "envelope-from", "envelope from", " id:",
	"expanded from", "expanded from:", "by", "help:", "helpdesk", "de:", "von:", "da:", "write to", "send mail to",
	"mail to", "e-mail to", "email to",
}

// otherLines contain addresses for other purposes.
var otherLines = []string{
	"for further assistance", "further information", "for assistance", "for help", "please contact", "please forward",
	"abuse@", "message-id", "in-reply-to", "references:", "received: ", "for more information", "help desk", "support@",
	"if you believe", "mail from:", "お問い合わせ", "ご連絡",
}

// aliasLabels precede an address that led to the failed one, which may be a program or a secret.
var aliasLabels = []string{"generated from", "generated by"}

// commandLabels precede the recipient in an SMTP transcript.
var commandLabels = []string{"rcpt to:", "rcpt to", "rcpt:"}

// recipientLabels precede a recipient in prose.
var recipientLabels = []string{
	"to", "to:", "to :", "smtp=", "recipient", "recipient:", "recipients:", "recipient(s):", "recipient :", "address",
	"address:", "addresses:", "user", "user:", "mailbox", "for", "for:", "failed", "failed:", "reach", "with",
	"intended for", "rcpt", "destinataire", "destinataire:", "destinatario", "destinatario:", "destinatari:",
	"empfänger:", "an", "a", "al", "à", "an:", "para", "para:", "получатель:", "宛先:", "宛先", "あて先:", "あて先", "宛て:",
	"收件人:",
}

// replyPrefixes are what mail programs put before the subject of a reply or forwarded mail.
var replyPrefixes = []string{
	"re", "r", "i", "fw", "fwd", "rif", "inoltra", "inoltro", "aw", "wg", "tr", "rv", "res", "enc", "antw", "vs", "sv",
	"odp", "pd", "回复", "转发", "答复", "返信",
}

// answerFields occur in automatic answers only.
var answerFields = []string{
	"x-autoreply", "x-autoreply-from", "x-autorespond", "x-autoresponder", "x-auto-reply-from", "x-mail-autoreply",
	"x-vacation", "x-autogenerated", "x-auto-response-from", "x-ms-exchange-inbox-rules-loop",
}

// answerSubjects occur in subjects of automatic answers, in the languages of Europe and some others.
var answerSubjects = []string{
	"out of office", "out of the office", "out-of-office", "out of town", "automatic reply", "automatic response",
	"automatic answer", "auto reply", "auto-reply", "autoreply", "auto response", "auto-response", "autoresponse",
	"autoresponder", "auto:", "vacation", "on holiday", "on leave", "maternity leave", "away from my mail",
	"away until", "away from the office", "i am away", "i'm away",
	"risposta automatica", "fuori ufficio", "fuori sede", "assente", "assenza", "in ferie", "abwesend", "abwesenheit",
	"automatische antwort", "autoantwort", "urlaub", "réponse automatique", "absence du bureau", "absent du bureau",
	"absence de", "en vacances", "respuesta automática", "fuera de la oficina", "ausente", "resposta automática",
	"fora do escritório", "ausência",
	"automatisch antwoord", "afwezig", "autosvar", "frånvaro", "automatiskt svar", "automatisk svar", "fravær",
	"poissaolo", "automaattinen vastaus", "odpowiedź automatyczna", "nieobecn", "automatická odpověď",
	"automatikus válasz", "răspuns automat", "автоответ", "автоматический ответ", "відповідь", "αυτόματη απάντηση",
	"otomatik yanıt", "自動返信", "自動応答", "不在", "自动回复", "自動回覆", "자동 회신",
}

// unsubscribeWords are whole subjects or first lines that ask for unsubscription.
var unsubscribeWords = []string{
	"unsubscribe", "unsubscribe me", "please unsubscribe", "please unsubscribe me", "opt out", "opt-out", "optout",
	"remove", "remove me", "signoff", "leave", "stop",
	"disiscrivi", "disiscrivimi", "disiscrizione", "disiscrivetemi", "cancella", "cancellami", "cancellatemi",
	"cancella iscrizione", "cancellazione", "cancellazione iscrizione", "annulla iscrizione", "annulla l'iscrizione",
	"abmelden", "abbestellen", "désabonner", "désabonnement", "se désabonner", "désinscription", "me désabonner",
	"cancelar suscripción", "darse de baja", "baja", "cancelar inscrição",
}

// unsubscribeMailboxes are the beginnings of addresses that are only for unsubscription.
var unsubscribeMailboxes = []string{"unsubscribe", "unsub", "opt-out", "optout", "leave-", "disiscri", "cancella"}
