package app

// CLI is the command line, as kong reads it.
type CLI struct {
	Config   string       `help:"YAML file of settings (or UNOXUNO_CONFIG)." type:"path" placeholder:"FILE"`
	Settings settingFlags `embed:""`

	Serve    serveCmd    `cmd:"" help:"Serve the site and the office, and send what is due."`
	Work     workCmd     `cmd:"" help:"Send what is due, beside other nodes on one PostgreSQL, without a site."`
	Demo     demoCmd     `cmd:"" help:"Serve an invented town with its own data and mailbox; nothing leaves the machine."`
	Town     townCmd     `cmd:"" help:"Declare the town."`
	People   peopleCmd   `cmd:"" help:"Import, export and erase people."`
	Audience audienceCmd `cmd:"" help:"Ask whom an audience reaches."`
	Issue    issueCmd    `cmd:"" help:"Send an issue and read its numbers."`
	Bounce   bounceCmd   `cmd:"" help:"Understand mail that came back."`
	Staff    staffCmd    `cmd:"" help:"Accounts of the office."`
	Token    tokenCmd    `cmd:"" help:"Keys for programs."`
	Migrate  migrateCmd  `cmd:"" help:"Bring the database up to date."`
	Doctor   doctorCmd   `cmd:"" help:"Check that everything needed is there."`
	Backup   backupCmd   `cmd:"" help:"Copy the SQLite database while it is used."`
	Hold     holdCmd     `cmd:"" help:"What is kept back since an older copy of the database was put back."`
	Restore  restoreCmd  `cmd:"" help:"Put a copy in the place of the SQLite database."`
	Show     configCmd   `cmd:"" name:"config" help:"Print every setting with its value and origin."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
}

// settingFlags are the settings as flags; a test compares them with config.Catalogue.
type settingFlags struct {
	Data            string `help:"Folder of everything the program keeps." group:"Settings"`
	DatabaseURL     string `name:"database-url" help:"sqlite:PATH or postgres://…" group:"Settings"`
	Listen          string `help:"Address and port of the web server." group:"Settings"`
	PublicURL       string `name:"public-url" help:"How citizens reach the site." group:"Settings"`
	Secret          string `help:"Signs links; better in the environment or the file, where others do not see it." group:"Settings"`
	SMTPURL         string `name:"smtp-url" help:"smtp://[user:password@]host:port or smtps://…" group:"Settings"`
	SMTPConns       string `name:"smtp-conns" help:"Connections held to the relay." group:"Settings"`
	DeliveryFile    string `help:"YAML file of relays, routes, limits, windows and signatures." group:"Settings"`
	MailFrom        string `help:"Address that mail comes from." group:"Settings"`
	BounceDomain    string `help:"Domain of envelope senders." group:"Settings"`
	BounceListen    string `help:"lmtp://host:port, smtp://host:port or lmtp+unix:///path." group:"Settings"`
	BounceMaildir   string `help:"Maildir of mail that comes back." group:"Settings"`
	BounceSoftCount string `help:"Soft bounces that suppress an address." group:"Settings"`
	BounceSoftDays  string `help:"Days within which they do." group:"Settings"`
	BounceBrakeDays string `help:"Days of returns that can stop a newsroom; 0 never." group:"Settings"`
	BackupDays      string `help:"Days for which a copy of the database may be put back." group:"Settings"`
	LedgerMonths    string `help:"Months in which it is known who got what; 0 for ever." group:"Settings"`
	DatabaseReaders string `help:"Connections to PostgreSQL for questions." group:"Settings"`
	DatabaseWriters string `help:"Connections to PostgreSQL for transactions." group:"Settings"`
	RetryFirst      string `help:"Wait before the first repeat." group:"Settings"`
	SMSURL          string `name:"sms-url" help:"smpp://user:password@host, kannel+http://… or https://…" group:"Settings"`
	SMSSender       string `name:"sms-sender" help:"What telephones show as the author." group:"Settings"`
	SMSPrice        string `name:"sms-price" help:"Price of one text message, in cents." group:"Settings"`
	SMSTemplate     string `name:"sms-template" help:"YAML file for a provider's HTTP interface." group:"Settings"`
	MetricsListen   string `help:"Address and port of /metrics and /health." group:"Settings"`
	TrustedProxies  string `help:"Networks of reverse proxies." group:"Settings"`
	LogLevel        string `help:"debug, info, warn or error." group:"Settings"`
	ClockFile       string `hidden:""`
}

func (f settingFlags) values() map[string]string {
	return map[string]string{
		"data": f.Data, "database_url": f.DatabaseURL, "listen": f.Listen, "public_url": f.PublicURL, "secret": f.Secret,
		"smtp_url": f.SMTPURL, "smtp_conns": f.SMTPConns, "delivery_file": f.DeliveryFile, "mail_from": f.MailFrom, "bounce_domain": f.BounceDomain,
		"sms_url": f.SMSURL, "sms_sender": f.SMSSender, "sms_price": f.SMSPrice, "sms_template": f.SMSTemplate,
		"bounce_listen": f.BounceListen, "bounce_maildir": f.BounceMaildir, "bounce_soft_count": f.BounceSoftCount,
		"bounce_soft_days": f.BounceSoftDays, "bounce_brake_days": f.BounceBrakeDays,
		"database_readers": f.DatabaseReaders, "database_writers": f.DatabaseWriters,
		"backup_days": f.BackupDays, "ledger_months": f.LedgerMonths, "retry_first": f.RetryFirst, "metrics_listen": f.MetricsListen, "trusted_proxies": f.TrustedProxies, "log_level": f.LogLevel, "clock_file": f.ClockFile,
	}
}
