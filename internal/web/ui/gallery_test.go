package ui_test

import (
	"context"
	"io"
	"os"
	"time"

	"github.com/a-h/templ"
	"unoxuno/internal/locale"
	"unoxuno/internal/web/ui"
)

// The gallery is every part of the package on three pages, one a layout: what the tests of this package check, and
// what to look at after a change of the stylesheet (see TestGallery).

// within renders children inside a part.
func within(part templ.Component, children ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return part.Render(templ.WithChildren(ctx, templ.Join(children...)), w)
	})
}

func html(text string) templ.Component { return templ.Raw(text) }

func galleryContext() (context.Context, error) {
	words, err := locale.Load(os.DirFS("../words"))
	if err != nil {
		return nil, err
	}
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		return nil, err
	}
	ctx := locale.With(context.Background(), words, "it", "")
	return ui.WithFrame(ctx, ui.Frame{
		Town: "Comune di Borgo San Lieto", Tagline: "Le notizie della tua città, una per una",
		Authority: "Regione Emilia-Romagna", AuthorityURL: "https://www.example.org/",
		Menu: []ui.Link{
			{Key: "home", Label: "Home", URL: "/"},
			{Key: "newsletters", Label: "Newsletter", URL: "/newsletters", Element: "news"},
			{Key: "topics", Label: "Argomenti", URL: "/topics", Element: "all-topics"},
			{Key: "join", Label: "Iscriviti", URL: "/join"},
		},
		OfficeMenu: []ui.Section{
			{Links: []ui.Link{{Key: "dashboard", Label: "Oggi", URL: "/office", Icon: "presentation"}}},
			{Label: "Pubblicare", Links: []ui.Link{
				{Key: "issues", Label: "Numeri", URL: "/office/issues", Icon: "mail"},
				{Key: "newsletters", Label: "Newsletter", URL: "/office/newsletters", Icon: "list"},
			}},
			{Label: "Amministrare", Links: []ui.Link{{Key: "staff", Label: "Persone e ruoli", URL: "/office/staff", Icon: "user"}}},
		},
		Languages: []ui.Language{{Code: "it", Name: "Italiano", URL: "/"}, {Code: "en", Name: "English", URL: "/en"}},
		Home:      "/", OfficeHome: "/office", Personal: "/me", Office: "/office/sign-in",
		Staff: &ui.Staff{Name: "Anna Bianchi", Role: "Redattrice", Account: "/office/me"}, SignOut: "/office/sign-out",
		Accessibility: "/accessibility", Privacy: "/privacy", Legal: "/legal",
		Contacts: []string{"Ufficio relazioni con il pubblico", "Piazza Grande 16", "059 000 0000"}, Zone: rome,
	}), nil
}

func homeGallery() templ.Component {
	return within(ui.Site(ui.Page{
		Title: "La città ti scrive solo quello che ti riguarda", Active: "home", Hero: true,
		Lead:    "Dicci chi sei e che cosa ti interessa: scegli le newsletter, il canale e il ritmo. Te ne vai quando vuoi, con un clic.",
		Actions: templ.Join(ui.LinkButton(ui.Button{Label: "Iscriviti", URL: "/join"}), ui.LinkButton(ui.Button{Label: "Sfoglia le newsletter", URL: "/newsletters", Kind: ui.Secondary})),
	}), html(`<h2>Gli ultimi numeri</h2>`), within(ui.Cards(), galleryCards()...))
}

func siteGallery() templ.Component {
	fields := galleryFields()
	return within(ui.Site(ui.Page{
		Title: "Iscriviti alle newsletter", Lead: "Dicci chi sei e che cosa ti interessa: ricevi solo quello che ti riguarda.",
		Active: "join", Breadcrumb: []ui.Link{{Label: "Newsletter", URL: "/newsletters"}},
		Notices: []ui.Notice{{Tone: ui.Success, Text: "Le tue scelte sono salve."}},
	}),
		ui.Steps([]string{"Chi sei", "Che cosa vuoi", "Come raggiungerti"}, 2),
		ui.ErrorSummary(ui.Problems(fields...)),
		within(ui.Form(ui.FormSpec{Action: "/join", Guard: true}), galleryForm(fields)...),
		html(`<h2>Le newsletter</h2>`),
		within(ui.Cards(), galleryCards()...),
		ui.Pagination(ui.Pager{Current: 4, Last: 12, URL: func(int) string { return "/newsletters" }}),
		within(ui.Callout("Perché lo chiediamo", ui.Info), html(`<p>Con il quartiere ti avvisiamo dei lavori sotto casa.</p>`)),
		within(ui.Details("Come usiamo i tuoi dati"), html(`<p>Solo per mandarti ciò che hai chiesto.</p>`)),
		within(ui.Empty("Nessun numero, per ora", "Il primo esce a dicembre."),
			ui.LinkButton(ui.Button{Label: "Iscriviti", URL: "/join"})),
		html(`<div class="prose"><h2>Il teatro riapre</h2><p>Dal 3 dicembre si torna in sala, con <a href="/t">sette titoli nuovi</a>.</p></div>`),
	)
}

func galleryFields() []ui.Field {
	return []ui.Field{
		{Name: "email", Type: "email", Label: "Indirizzo e-mail", Help: "Ti mandiamo un messaggio per conferma.",
			Error: "Scrivi l’indirizzo per intero, per esempio nome@esempio.it.", Value: "nome@", Required: true, Autocomplete: "email"},
		{Name: "born", Type: "date", Label: "Data di nascita", Optional: true, Short: true, Autocomplete: "bday"},
		{Name: "place", Label: "Dove abiti", Value: "centro"},
		{Name: "who", Label: "Chi sei?", Help: "Puoi scegliere più di una voce."},
		{Name: "pace", Label: "Ogni quanto vuoi sentirci?", Error: "Scegli una risposta.", Value: ""},
		{Name: "note", Label: "Vuoi dirci altro?", Optional: true, MaxLength: 500},
		{Name: "consent", Label: "Acconsento a ricevere le newsletter che ho scelto", Help: "Puoi cambiare idea quando vuoi.", Required: true},
	}
}

func galleryForm(f []ui.Field) []templ.Component {
	categories := []ui.Option{}
	for _, name := range []string{"Genitore", "Studente", "Giovane 14–29", "Over 65", "Nuovo residente", "Impresa", "Associazione", "Pendolare"} {
		categories = append(categories, ui.Option{Value: name, Label: name, Selected: name == "Genitore"})
	}
	return []templ.Component{
		ui.Input(f[0]), ui.Input(f[1]),
		ui.Select(f[2], []ui.Option{{Value: "", Label: "Scegli"}, {Value: "centro", Label: "Centro storico", Group: "Quartieri"}, {Value: "out", Label: "Fuori comune", Group: "Altrove"}}),
		ui.Checkboxes(f[3], categories),
		ui.Radios(f[4], []ui.Option{{Value: "soon", Label: "Appena escono"}, {Value: "week", Label: "Una volta la settimana", Help: "Tutte insieme, il venerdì."}}),
		ui.Textarea(f[5]), ui.Checkbox(f[6]),
		within(ui.Buttons(), ui.Submit(ui.Button{Label: "Avanti", Icon: "arrow-right"}),
			ui.LinkButton(ui.Button{Label: "Indietro", Kind: ui.Secondary, URL: "/join/who"}),
			ui.Submit(ui.Button{Label: "Salva per dopo", Kind: ui.Quiet, Name: "later", Value: "1"})),
	}
}

func galleryCards() []templ.Component {
	when := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	return []templ.Component{
		ui.Card(ui.CardSpec{Title: "La città dei ragazzi", URL: "/n/ragazzi", Above: "Ogni mese", Below: "Biblioteca comunale", When: when,
			Text:  "Letture, laboratori e pomeriggi in compagnia per chi ha da zero a quattordici anni.",
			Chips: []ui.Link{{Label: "Istruzione", URL: "/topics/istruzione"}, {Label: "Tempo libero", URL: "/topics/tempo-libero"}}}),
		ui.Card(ui.CardSpec{Title: "Teatro e musica", URL: "/n/teatro", Text: "Il cartellone della settimana.", Below: "Fondazione Teatro"}),
		ui.Card(ui.CardSpec{Title: "Cantieri", URL: "/n/cantieri", Text: "Strade chiuse e deviazioni, quartiere per quartiere.", Below: "Lavori pubblici", When: when}),
	}
}

func officeGallery() templ.Component {
	return within(ui.Office(ui.Page{
		Title: "La città dei ragazzi, n. 12", Active: "issues", Private: true,
		Breadcrumb: []ui.Link{{Label: "Numeri", URL: "/office/issues"}},
		Actions: templ.Join(ui.LinkButton(ui.Button{Label: "Anteprima", Kind: ui.Secondary, URL: "/p", Icon: "password-visible"}),
			ui.LinkButton(ui.Button{Label: "Spedisci", URL: "/send", Icon: "mail"})),
		Notices: []ui.Notice{{Tone: ui.Warning, Title: "La posta non risponde", Text: "Il numero parte appena il server torna."}},
	}),
		ui.Tabs("Questo numero", []ui.Link{{Key: "edit", Label: "Scrivi", URL: "/e"}, {Key: "to", Label: "A chi", URL: "/a"}, {Key: "stats", Label: "Numeri", URL: "/s"}}, "edit"),
		ui.Stats([]ui.StatSpec{{Label: "Destinatari", Value: "4.812"}, {Label: "Consegnati", Value: "4.731", Detail: "98,3 %", Tone: ui.Success},
			{Label: "Rifiutati", Value: "81", Detail: "1,7 %", Tone: ui.Danger, URL: "/refused"}}),
		galleryTable(),
		within(ui.Form(ui.FormSpec{Action: "/office/issues", Get: true, Inline: true}),
			ui.Input(ui.Field{Name: "q", Type: "search", Label: "Cerca"}),
			ui.Select(ui.Field{Name: "state", Label: "Stato"}, []ui.Option{{Value: "all", Label: "Tutti"}}),
			within(ui.Buttons(), ui.Submit(ui.Button{Label: "Cerca", Kind: ui.Secondary, Icon: "search"}))),
		html(`<h2>Blocchi</h2>`),
		within(ui.Block("1. Testo", blockTools()), ui.Textarea(ui.Field{Name: "text", Label: "Testo", Rows: 3, Value: "Sabato si legge al parco."})),
		within(ui.Form(ui.FormSpec{Action: "/audience"}),
			ui.Input(ui.Field{Name: "audience", Label: "Pubblico", Code: true, Value: `"genitore" in who and age >= 18`}),
			within(ui.LiveCount("/count"), html(`<p>Raggiunge 1.204 persone.</p>`))),
		within(ui.Poll("/progress", 1), ui.Progress("Spedizione in corso", 3120, 4812)),
		ui.LineChart(galleryChart("opens", "Letture per giorno", 14)), ui.BarChart(galleryChart("outcomes", "Che cosa ne è stato", 5)),
		ui.Facts([]ui.Fact{{Label: "Redazione", Text: "Biblioteca comunale"}, {Label: "Stato", Body: ui.Badge("bozza", ui.Neutral)},
			{Label: "Spedito", Body: ui.DateTime(time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC))}}),
		ui.Copyable(ui.Field{Name: "link", Label: "Indirizzo della pagina", Value: "https://comune.example/n/ragazzi/12"}),
		ui.Preview("Anteprima del messaggio", "about:blank"),
		ui.Alert(ui.Notice{Tone: ui.Info, Text: "Un altro redattore sta lavorando a questo numero."}),
		ui.Alert(ui.Notice{Tone: ui.Danger, Title: "Non spedito", Text: "Manca il titolo."}),
	)
}

func blockTools() templ.Component {
	return templ.Join(
		ui.Submit(ui.Button{Label: "Sposta su", Kind: ui.Quiet, Small: true, Icon: "arrow-up", HideLabel: true}),
		ui.Submit(ui.Button{Label: "Sposta giù", Kind: ui.Quiet, Small: true, Icon: "arrow-down", HideLabel: true}),
		ui.PostButton("/delete", ui.Button{Label: "Togli", Kind: ui.Quiet, Small: true, Icon: "delete", Confirm: "Togliere il blocco?"}))
}

func galleryTable() templ.Component {
	columns := []ui.Column{{Label: "Numero"}, {Label: "Stato"}, {Label: "Destinatari", Number: true}, {Label: "Azioni", HideLabel: true}}
	row := func(title, state string, tone ui.Tone, n string) templ.Component {
		return templ.Join(html(`<tr><th scope="row"><a href="/i">`+title+`</a></th><td>`), ui.Badge(state, tone),
			html(`</td><td class="num">`+n+`</td><td class="row-tools">`),
			ui.LinkButton(ui.Button{Label: "Apri", URL: "/i", Kind: ui.Secondary, Small: true}), html(`</td></tr>`))
	}
	return within(ui.Table("Ultimi numeri", columns), row("Natale in biblioteca", "bozza", ui.Neutral, "–"),
		row("Autunno a teatro", "in spedizione", ui.Info, "4.812"), row("Cantieri di novembre", "spedito", ui.Success, "12.340"),
		row("Allerta meteo", "annullato", ui.Warning, "0"), row("Prova", "fermo", ui.Danger, "10"))
}

func galleryChart(id, title string, n int) ui.Chart {
	c := ui.Chart{ID: id, Title: title, Of: "Giorno", Series: []ui.Series{{Name: "Persone"}, {Name: "Con i programmi"}}}
	for i := range n {
		c.Labels = append(c.Labels, time.Date(2026, 11, i+1, 0, 0, 0, 0, time.UTC).Format("02/01"))
		c.Series[0].Values = append(c.Series[0].Values, int64(1800/(i+1)))
		c.Series[1].Values = append(c.Series[1].Values, int64(2300/(i+1)))
	}
	return c
}

func bareGallery() templ.Component {
	return within(ui.Bare(ui.Page{Title: "Vuoi cancellare l’iscrizione?", Private: true}),
		within(ui.Confirm(ui.Confirmation{Text: "Non riceverai più «La città dei ragazzi».", Action: "/leave", Yes: "Cancella l’iscrizione", Cancel: "/me"}),
			ui.Hidden("newsletter", "ragazzi"), ui.Input(ui.Field{Name: "password", Type: "password", Label: "Password", Autocomplete: "current-password"})))
}
