package bounce

// The lists below are in lower case. "…" stands for a few words.

// delayPhrases say that delivery is still being tried: those of mail servers, then those in the languages of the
// providers of Italian towns. They are matched against subjects and normal text.
var delayPhrases = []string{
	// Postfix, Sendmail, Exim and their relatives
	"warning message only", "warning only", "only a warning", "just a warning", "do not need to resend", "do not need to re-send",
	"not need to resend", "need not resend", "don't need to resend", "no action is required on your part", "warning: could not send",
	"will be retried", "will be tried for", "will be tried again", "still being retried", "still being tried",
	"still undelivered", "remains undelivered", "still in the queue", "still queued",
	"delivery attempts will continue", "attempts to deliver … will continue", "not yet been delivered", "not been delivered yet",
	"yet to be delivered", "not yet delivered", "warning: message",
	// Exchange, Gmail, Notes, Amazon and others
	"will keep trying", "will continue to try", "will continue trying", "will continue to attempt", "will retry", "will try again",
	"keep trying for", "keep on trying", "i'll keep trying", "we'll keep trying", "still trying to", "we are still trying",
	"haven't given up", "have not given up", "notified if the delivery fails", "notified if it can't be delivered",
	"temporary failure report", "temporary problem delivering", "delivery incomplete",
	"delayed mail", "delivery delay", "delivery is delayed", "delivery has been delayed", "delivery … delayed", "(delay)",
	"mail delayed", "message delayed", "notification: delayed", "status notification: warning", "has been delayed",
	"is delayed for", "been delayed", "is delayed",
	// Italian
	"tenteremo ancora", "tenterà ancora", "tenteranno ancora", "ritenteremo", "ritenterà", "sarà ritentat", "verrà ritentat",
	"riproveremo", "riproverà", "proveremo ancora", "continuerà a prov", "continueremo a prov", "continuerà a tent",
	"continueremo a tent", "continuerà … tentativi", "continuerà … tentare", "ulteriori tentativi", "altri tentativi",
	"nuovi tentativi", "nuovo tentativo", "tentativi … continu", "tentativi … proseguir", "ancora in coda", "rimane in coda",
	"resta in coda", "non è ancora stat", "non ancora consegnat", "non ancora recapitat", "non … ancora … consegna",
	"non è stato ancora", "solo un avviso", "soltanto un avviso", "semplice avviso", "non è necessario rispedir",
	"non è necessario reinvia", "non occorre reinvia", "non occorre rispedir", "non serve rispedir", "non rispedir",
	"recapito ritardat", "consegna ritardat", "messaggio ritardat", "recapito … ritardat", "consegna … ritardat",
	"recapito … in ritardo", "consegna … in ritardo", "ritardo … consegna", "ritardo … recapito", "consegna incompleta",
	"recapito incompleto", "problema temporaneo", "preavviso di mancat", "dodici ore", "avvenire in seguito",
	// German
	"verzögert", "zustellverzögerung", "zustellung unvollständig", "weiterhin versuch", "weiter versuch", "erneut versuch",
	"wird … wiederhol", "weitere zustellversuche", "weitere versuche", "noch nicht zugestellt", "nur eine warnung",
	"lediglich eine warnung", "nicht erneut senden", "nicht nochmals senden", "vorübergehendes problem",
	// French, Spanish, Portuguese
	"remise … retardée", "remise retardée", "continuera d'essayer", "continuera à essayer", "nouvelle tentative", "sera retenté",
	"n'a pas encore été", "remise incomplète", "retraso", "se retrasó", "seguirá intentando", "volverá a intentar",
	"entrega incompleta", "continuará tentando", "atrasad",
}

// endPhrases say that trying has ended. They outweigh delayPhrases, of which they are often the negation.
var endPhrases = []string{
	"gave up", "have given up", "has given up", "i've given up", "i'm giving up", "is giving up", "no longer be retried",
	"not be retried", "will not retry", "won't retry", "not going to try again", "not try again", "no further attempt",
	"no more attempts", "no further delivery attempts", "won't be retried", "stopped trying", "will not keep trying",
	"will not continue", "not be tried again", "not be attempted again", "message expired", "has expired", "been removed from the queue",
	"deleted from … queue", "removed from … queue",
	"non verranno effettuat", "non saranno effettuat", "non … ulteriori tentativi", "non … altri tentativi", "non … nuovi tentativi",
	"nessun altro tentativo", "nessun ulteriore tentativo", "nessun nuovo tentativo", "senza ulteriori tentativi",
	"non riproverà", "non ritenterà", "non tenterà", "non verrà ritentat", "non sarà ritentat", "definitivamente",
	"considerarsi non andata a buon fine",
	"keine weiteren", "kein weiterer", "nicht weiter versuch", "nicht erneut versuch", "endgültig",
	"aucune autre tentative", "ne sera pas retenté", "no se volverá a intentar", "definitivamente",
}
