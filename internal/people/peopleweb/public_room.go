package peopleweb

import (
	"context"
	"embed"
	"io/fs"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/locale"
	"unoxuno/internal/people"
	"unoxuno/internal/web"
)

//go:embed words/public/*.toml
var publicWords embed.FS

// PublicWords returns the words of the citizen's pages, it.toml and en.toml.
func PublicWords() fs.FS {
	sub, err := fs.Sub(publicWords, "words/public")
	if err != nil {
		panic(err) // impossible: the folder is embedded above
	}
	return sub
}

// OwnPage makes and opens the token of a person's own page, /me/{token}. *newsletters.Room implements it, because each
// of its messages contains that link. The holder may manage subscriptions and their pace, and nothing else.
type OwnPage interface {
	// OwnPageToken returns the token for messages to the address with that id. It is valid for a month.
	OwnPageToken(person, address int64) string
	// OpenOwnPage returns the content of the token; a fault of kind Expired if it is forged or expired.
	OpenOwnPage(token string) (people.OwnPageLink, error)
}

// Newsletters is what these pages need from the room that keeps newsletters. Texts are in the language of ctx.
type Newsletters interface {
	// Offered returns the newsletters one may subscribe to, in catalogue order.
	Offered(ctx context.Context) ([]Offer, error)
	// SubscriptionsOf returns the person's current subscriptions that the context's actor may see.
	SubscriptionsOf(ctx context.Context, person int64) ([]Subscription, error)
	// ReceivedBy returns the newsletters the person receives now, by subscription or by profile.
	ReceivedBy(ctx context.Context, person int64) ([]Received, error)
	// ReadBy returns what was recorded that the person read, latest first; nothing without her consent
	// people.ForReading.
	ReadBy(ctx context.Context, person int64) ([]Read, error)
	// ChooseChannel changes the channel of a subscription from now on.
	ChooseChannel(ctx context.Context, person int64, newsletter string, channel people.Channel) error
	// Subscribe begins a subscription on her usual channel with the consent it needs, on her own page or, for staff, at
	// the desk. It does nothing if the subscription exists.
	Subscribe(ctx context.Context, person int64, newsletter string) error
	// Unsubscribe ensures that she no longer receives the newsletter.
	Unsubscribe(ctx context.Context, person int64, newsletter string) error
	// PaceOf returns how often she receives messages.
	PaceOf(ctx context.Context, person int64) (Pace, error)
	// ChoosePace stores her choice; faults of kind Invalid are on the fields profile and most_a_week.
	ChoosePace(ctx context.Context, person int64, c PaceChoice) error
	// Pause stops everything but urgent issues before the day until ("2026-12-05"); faults of kind Invalid are on the
	// field until. EndPause ends the pause.
	Pause(ctx context.Context, person int64, until string) error
	EndPause(ctx context.Context, person int64) error
}

// Offer is a newsletter that one may subscribe to.
type Offer struct {
	Slug, Name, Description string
	Topics, For             []string // slugs of its topics, and of the categories it is for (empty: everybody)
	Sensitive               bool     // subscribing reveals something sensitive
}

// Subscription is a current subscription.
type Subscription struct {
	Newsletter, Name string // slug and name
	Since            time.Time
}

// Received is a newsletter that a person receives.
type Received struct {
	Slug, Name string
	Why        string // a sentence
	Subscribed bool   // she subscribed; otherwise it comes by her profile
	Sensitive  bool   // receiving it reveals something sensitive
	Channel    people.Channel
	Pace       string // "at-once", "daily" or "weekly"; always the first for a text message
}

// Read records that a person opened an issue, or followed a link in it.
type Read struct {
	Title, Path string // of the issue, and of its page on the site
	Link        string // target of the link; "" = she opened the issue
	Times       int64
	First, Last time.Time
}

// limits limits the requests of a visitor. Package people limits the messages to an address, on all nodes together.
type limits struct{ visitor *web.Limiter }

// A library or a school shares one IP address, so a visitor may make twenty requests at once.
func newLimits(c clock.Clock) limits {
	return limits{visitor: web.NewLimiter(20, 30*time.Second, c.Now)}
}

// PublicRoutes returns the citizen's routes.
func (p *Pages) PublicRoutes() []web.Route {
	public := func(pattern string, kind web.Kind, do web.Handler) web.Route {
		return web.Route{Pattern: pattern, Permission: access.Public, Kind: kind, Do: do}
	}
	own := func(pattern string, kind web.Kind, do ownHandler) web.Route {
		return web.Route{Pattern: pattern, Permission: access.Citizen, Kind: kind, Do: p.own(do)}
	}
	proved := func(pattern string, kind web.Kind, do ownHandler) web.Route {
		return web.Route{Pattern: pattern, Permission: access.Proved, Kind: kind, Do: p.proved(do)}
	}
	return []web.Route{
		public("GET /join", web.Page, p.joinBegin),
		public("POST /join", web.Action, p.joinStep),
		public("GET /join/sent", web.Page, p.joinSent),
		public("GET /join/confirm/{token}", web.Page, p.joinConfirmAsk),
		public("POST /join/confirm/{token}", web.Action, p.joinConfirm),
		public("GET /code/{token}", web.Page, p.codeAsk),
		public("POST /code/{token}", web.Action, p.codeTake),
		public("POST /code/{token}/again", web.Action, p.codeAgain),
		public("GET /address/{token}", web.Page, p.addressConfirmAsk),
		public("POST /address/{token}", web.Action, p.addressConfirm),
		public("GET /me", web.Page, p.linkAsk),
		public("POST /me", web.Action, p.linkSend),
		public("GET /me/sent", web.Page, p.linkSent),
		{Pattern: "GET /me/{token}", Permission: access.Citizen, Kind: web.Page, Do: p.open},
		public("POST /me/{token}", web.Action, p.enter),
		own("GET /me/{token}/prove", web.Page, p.proveAsk),
		own("POST /me/{token}/prove", web.Action, p.prove),
		own("POST /me/{token}/leave", web.Action, p.leaveBrowser),
		own("GET /me/{token}/welcome", web.Page, p.welcome),
		proved("GET /me/{token}/profile", web.Page, p.profile),
		proved("POST /me/{token}/profile", web.Action, p.profileSave),
		own("GET /me/{token}/newsletters", web.Page, p.subscriptions),
		own("POST /me/{token}/newsletters", web.Action, p.subscribe),
		own("POST /me/{token}/newsletters/end", web.Action, p.unsubscribe),
		own("POST /me/{token}/newsletters/channel", web.Action, p.chooseChannel),
		own("GET /me/{token}/pace", web.Page, p.pace),
		own("POST /me/{token}/pace", web.Action, p.paceSave),
		own("POST /me/{token}/pause", web.Action, p.pause),
		own("POST /me/{token}/pause/end", web.Action, p.resume),
		proved("GET /me/{token}/addresses", web.Page, p.addresses),
		proved("POST /me/{token}/addresses", web.Action, p.addressAdd),
		proved("POST /me/{token}/addresses/prefer", web.Action, p.addressPrefer),
		proved("POST /me/{token}/addresses/remove", web.Action, p.addressRemove),
		proved("GET /me/{token}/consents", web.Page, p.consents),
		proved("POST /me/{token}/consents", web.Action, p.consentGive),
		proved("POST /me/{token}/consents/end", web.Action, p.consentEnd),
		proved("GET /me/{token}/data", web.Page, p.data),
		proved("GET /me/{token}/data.json", web.Data, p.export),
		proved("GET /me/{token}/erase", web.Page, p.eraseAsk),
		proved("POST /me/{token}/erase", web.Action, p.erase),
		public("GET /goodbye", web.Page, p.goodbye),
		public("GET /privacy", web.Page, p.text("privacy")),
		public("GET /accessibility", web.Page, p.text("accessibility")),
		public("GET /legal", web.Page, p.text("legal")),
	}
}

// say returns one of this package's words for citizens.
func say(ctx context.Context, key string, args ...any) string {
	return locale.T(ctx, "peopleweb.public."+key, args...)
}
