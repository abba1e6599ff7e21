package app

// CLI is the command line, as kong reads it.
type CLI struct {
	Config   string       `help:"YAML file of settings (or UNOXUNO_CONFIG)." type:"path" placeholder:"FILE"`
	Settings settingFlags `embed:""`

	Serve    serveCmd    `cmd:"" help:"Serve the site and the office, and send what is due."`
	Demo     demoCmd     `cmd:"" help:"Serve an invented town with its own data and mailbox; nothing leaves the machine."`
	Town     townCmd     `cmd:"" help:"Declare the town."`
	People   peopleCmd   `cmd:"" help:"Import, export and erase people."`
	Audience audienceCmd `cmd:"" help:"Ask whom an audience reaches."`
	Issue    issueCmd    `cmd:"" help:"Send an issue and read its numbers."`
	Staff    staffCmd    `cmd:"" help:"Accounts of the office."`
	Token    tokenCmd    `cmd:"" help:"Keys for programs."`
	Migrate  migrateCmd  `cmd:"" help:"Bring the database up to date."`
	Doctor   doctorCmd   `cmd:"" help:"Check that everything needed is there."`
	Backup   backupCmd   `cmd:"" help:"Copy the SQLite database while it is used."`
	Restore  restoreCmd  `cmd:"" help:"Put a copy in the place of the SQLite database."`
	Show     configCmd   `cmd:"" name:"config" help:"Print every setting with its value and origin."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
}

// settingFlags are the settings as flags; a test holds them equal to config.Catalogue.
type settingFlags struct {
	Data           string `help:"Folder of everything the program keeps." group:"Settings"`
	DatabaseURL    string `name:"database-url" help:"sqlite:PATH or postgres://…" group:"Settings"`
	Listen         string `help:"Address and port of the web server." group:"Settings"`
	PublicURL      string `name:"public-url" help:"How citizens reach the site." group:"Settings"`
	Secret         string `help:"Signs links; better in the environment or the file, where others do not see it." group:"Settings"`
	SMTPURL        string `name:"smtp-url" help:"smtp://[user:password@]host:port or smtps://…" group:"Settings"`
	SMTPConns      string `name:"smtp-conns" help:"Connections held to the relay." group:"Settings"`
	MailFrom       string `help:"Address that mail comes from." group:"Settings"`
	BounceDomain   string `help:"Domain of envelope senders." group:"Settings"`
	RetryFirst     string `help:"Wait before the first repeat." group:"Settings"`
	TrustedProxies string `help:"Networks of reverse proxies." group:"Settings"`
	LogLevel       string `help:"debug, info, warn or error." group:"Settings"`
	ClockFile      string `hidden:""`
}

func (f settingFlags) values() map[string]string {
	return map[string]string{
		"data": f.Data, "database_url": f.DatabaseURL, "listen": f.Listen, "public_url": f.PublicURL, "secret": f.Secret,
		"smtp_url": f.SMTPURL, "smtp_conns": f.SMTPConns, "mail_from": f.MailFrom, "bounce_domain": f.BounceDomain,
		"retry_first": f.RetryFirst, "trusted_proxies": f.TrustedProxies, "log_level": f.LogLevel, "clock_file": f.ClockFile,
	}
}
