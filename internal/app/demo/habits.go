package demo

// Ages of man, as far as a newsletter can tell.
const (
	young = iota // 14 to 29
	adult        // 30 to 64
	old          // 65 and over
)

func ageGroup(age int) int {
	switch {
	case age < 30:
		return young
	case age < 65:
		return adult
	}
	return old
}

// agePyramid says how many of a thousand subscribers are of each age: from that age up to the next row's.
func agePyramid() []share[int] {
	return []share[int]{
		{minAge, 22}, {18, 68}, {25, 130}, {35, 190}, {45, 215}, {55, 165}, {65, 125}, {75, 65}, {85, 20}, {96, 0},
	}
}

// share is a value and its weight among its fellows.
type share[T any] struct {
	value  T
	weight int
}

// residents says where those who live in town live.
func residents() []share[string] {
	return []share[string]{
		{"centro-storico", 235}, {"san-lazzaro", 205}, {"la-fornace", 175}, {"borgo-fiume", 130},
		{"villaggio-artigiano", 115}, {"pieve-di-mezzo", 80}, {"ca-bianca", 60},
	}
}

// outsideShare is the part of people who live outside the town.
const outsideShare = 0.2

// trait is a category and how probable it is at each age.
type trait struct {
	slug    string
	byAge   [3]float64
	outside float64 // what living outside the town makes of the probability
}

func traits() []trait {
	return []trait{
		{"genitore", [3]float64{0.05, 0.52, 0.06}, 0.8},
		{"in-attesa", [3]float64{0.02, 0.02, 0}, 0.8},
		{"studente", [3]float64{0.56, 0.02, 0.01}, 1},
		{"giovane", [3]float64{0.82, 0, 0}, 1},
		{"over-65", [3]float64{0, 0, 0.86}, 1},
		{"lavoratore", [3]float64{0.34, 0.62, 0.04}, 1},
		{"in-cerca-di-lavoro", [3]float64{0.16, 0.07, 0}, 1},
		{"nuovo-residente", [3]float64{0.06, 0.04, 0.01}, 0},
		{"straniero", [3]float64{0.01, 0.01, 0}, 1},
		{"persona-con-disabilita", [3]float64{0.01, 0.02, 0.06}, 0.7},
		{"caregiver", [3]float64{0.01, 0.06, 0.08}, 0.8},
		{"professionista", [3]float64{0.04, 0.1, 0.02}, 1.3},
		{"impresa", [3]float64{0.02, 0.07, 0.02}, 1.2},
		{"associazione", [3]float64{0.03, 0.05, 0.06}, 0.6},
		{"proprietario-di-casa", [3]float64{0.04, 0.5, 0.7}, 0.25},
		{"proprietario-di-animali", [3]float64{0.18, 0.24, 0.16}, 0.6},
		{"automobilista", [3]float64{0.3, 0.5, 0.3}, 0.9},
		{"pendolare", [3]float64{0.28, 0.2, 0.01}, 1.8},
		{"turista", [3]float64{0.01, 0.01, 0.01}, 14},
	}
}

// interest is a topic, how probable it is at each age, and the category that makes it four times as probable.
type interest struct {
	slug  string
	byAge [3]float64
	of    string
}

func interests() []interest {
	return []interest{
		{"comunicazione-istituzionale", [3]float64{0.06, 0.18, 0.22}, "nuovo-residente"},
		{"gestione-rifiuti", [3]float64{0.04, 0.2, 0.2}, "nuovo-residente"},
		{"protezione-civile", [3]float64{0.08, 0.16, 0.16}, ""},
		{"viabilita", [3]float64{0.06, 0.12, 0.08}, "automobilista"},
		{"parcheggi", [3]float64{0.03, 0.06, 0.04}, "automobilista"},
		{"ztl", [3]float64{0.02, 0.05, 0.03}, "automobilista"},
		{"trasporto-pubblico", [3]float64{0.12, 0.06, 0.1}, "pendolare"},
		{"pista-ciclabile", [3]float64{0.12, 0.14, 0.06}, ""},
		{"mobilita-sostenibile", [3]float64{0.1, 0.08, 0.02}, ""},
		{"teatro", [3]float64{0.08, 0.15, 0.22}, ""},
		{"musica", [3]float64{0.3, 0.14, 0.14}, ""},
		{"cinema", [3]float64{0.26, 0.14, 0.1}, ""},
		{"mostre", [3]float64{0.08, 0.13, 0.17}, "turista"},
		{"biblioteca", [3]float64{0.16, 0.14, 0.16}, "studente"},
		{"patrimonio-culturale", [3]float64{0.03, 0.08, 0.14}, "turista"},
		{"turismo", [3]float64{0.03, 0.03, 0.04}, "turista"},
		{"mercatino", [3]float64{0.08, 0.12, 0.12}, ""},
		{"mercato", [3]float64{0.02, 0.06, 0.14}, ""},
		{"prodotti-alimentari", [3]float64{0.04, 0.1, 0.1}, "turista"},
		{"tempo-libero", [3]float64{0.28, 0.16, 0.2}, ""},
		{"sport", [3]float64{0.34, 0.18, 0.08}, ""},
		{"spazio-verde", [3]float64{0.06, 0.1, 0.12}, "proprietario-di-animali"},
		{"bambini", [3]float64{0.01, 0.05, 0.03}, "genitore"},
		{"istruzione", [3]float64{0.08, 0.06, 0.02}, "genitore"},
		{"nascita", [3]float64{0.01, 0.01, 0}, "in-attesa"},
		{"formazione-professionale", [3]float64{0.1, 0.06, 0.01}, "in-cerca-di-lavoro"},
		{"lavoro", [3]float64{0.16, 0.08, 0.01}, "in-cerca-di-lavoro"},
		{"concorsi", [3]float64{0.06, 0.05, 0}, "in-cerca-di-lavoro"},
		{"estero", [3]float64{0.06, 0.01, 0.01}, "studente"},
		{"viaggi", [3]float64{0.14, 0.05, 0.05}, ""},
		{"imposte", [3]float64{0.01, 0.06, 0.08}, "proprietario-di-casa"},
		{"imprese", [3]float64{0.02, 0.03, 0.01}, "impresa"},
		{"commercio-al-minuto", [3]float64{0.01, 0.03, 0.02}, "impresa"},
		{"urbanizzazione", [3]float64{0.01, 0.04, 0.03}, "professionista"},
		{"energie-rinnovabili", [3]float64{0.03, 0.05, 0.03}, "proprietario-di-casa"},
		{"animale-domestico", [3]float64{0.05, 0.04, 0.04}, "proprietario-di-animali"},
		{"volontariato", [3]float64{0.08, 0.08, 0.1}, "associazione"},
		{"associazioni", [3]float64{0.02, 0.04, 0.05}, "associazione"},
		{"trasparenza-amministrativa", [3]float64{0.02, 0.06, 0.06}, ""},
		{"bilancio", [3]float64{0.01, 0.03, 0.04}, ""},
		{"elezioni", [3]float64{0.04, 0.05, 0.07}, ""},
		{"aria", [3]float64{0.03, 0.07, 0.07}, "genitore"},
		{"integrazione-sociale", [3]float64{0.02, 0.02, 0.02}, "straniero"},
		{"salute", [3]float64{0.01, 0.02, 0.05}, "caregiver"},
		{"assistenza-agli-invalidi", [3]float64{0, 0.01, 0.02}, "persona-con-disabilita"},
		{"gemellaggi", [3]float64{0.01, 0.01, 0.02}, ""},
		{"giustizia", [3]float64{0.01, 0.02, 0.01}, "professionista"},
	}
}

// favourites are the newsletters that many more people read than the others, and the probability that a person does.
func favourites() map[string]float64 {
	return map[string]float64{
		"agenda-della-settimana": 0.24, "notizie-dal-comune": 0.22, "allerte-e-consigli": 0.17, "differenziamo": 0.11,
		"cantieri-in-corso": 0.09, "novita-in-biblioteca": 0.08, "sipario": 0.08, "under-30": 0.08, "scuola-e-famiglie": 0.08,
		"la-lanterna": 0.06, "bus-e-treni": 0.06, "sport-in-comune": 0.06, "scoprire-borgo-panaro": 0.05, "lavoro-subito": 0.05,
	}
}

// usualReaders is the probability that a person reads a newsletter that is no favourite.
const usualReaders = 0.016
