package demo

import "strings"

// community is a group of people who are named alike.
type community struct {
	weight   int // of a thousand persons
	families []string
	men      [3][]string // by generation: born before 1965, before 1992, later
	women    [3][]string
	english  float64 // share that prefers to read English
	foreign  float64 // share that says to be foreign citizens; 0 = as everybody
}

// communities are the people of Borgo Panaro. The first names are those frequent in Italy in each generation and in
// the countries where the town's new citizens come from; families are those of the plain of Emilia.
func communities() []community {
	return []community{
		{weight: 872, families: italianFamilies(), english: 0.004, men: [3][]string{
			list("Giuseppe Giovanni Antonio Franco Luciano Bruno Sergio Renzo Paolo Mario Giorgio Carlo Luigi Romano Ivano Claudio Maurizio Enzo Gianni Alberto Vittorio Dino Roberto Walter Adriano"),
			list("Andrea Marco Stefano Luca Davide Alessandro Massimo Fabio Simone Matteo Daniele Cristian Paolo Roberto Francesco Emanuele Michele Gianluca Nicola Riccardo Federico Alberto Enrico Giacomo Filippo"),
			list("Leonardo Lorenzo Mattia Tommaso Edoardo Gabriele Riccardo Alessandro Francesco Pietro Filippo Samuele Diego Nicolò Giacomo Federico Luca Thomas Elia Jacopo Michele Christian Davide Manuel Simone"),
		}, women: [3][]string{
			list("Maria Anna Giovanna Carla Franca Luisa Bruna Paola Silvana Rosanna Loretta Gabriella Graziella Marisa Vanna Adriana Mirella Ivana Patrizia Daniela Teresa Lucia Angela Nadia Ornella"),
			list("Francesca Laura Elena Silvia Chiara Federica Barbara Monica Cristina Simona Valentina Sara Elisa Alessandra Roberta Paola Michela Stefania Ilaria Cinzia Giulia Martina Sabrina Lucia Claudia"),
			list("Sofia Giulia Aurora Alice Ginevra Emma Giorgia Greta Beatrice Anna Chiara Sara Martina Matilde Vittoria Gaia Noemi Camilla Rebecca Elisa Arianna Marta Irene Alessia Viola"),
		}},
		{weight: 26, families: list("Popescu Ionescu Popa Stan Dumitru Rusu Munteanu Ciobanu Lungu Moldovan"), english: 0.05, foreign: 0.45,
			men:   same("Andrei Ion Mihai Alexandru Cristian Florin Adrian Vasile Ionut Marius"),
			women: same("Elena Maria Ioana Mihaela Andreea Alina Daniela Cristina Simona Roxana")},
		{weight: 24, families: list("Alaoui Benali Idrissi Bennani Tazi Chraibi Amrani Mansouri Lahlou Berrada"), english: 0.12, foreign: 0.45,
			men:   same("Mohamed Ahmed Youssef Omar Hassan Rachid Karim Said Amine Bilal"),
			women: same("Fatima Khadija Amina Salma Nadia Imane Zineb Hanane Samira Meryem")},
		{weight: 20, families: list("Hoxha Shehu Prifti Gjoka Leka Dervishi Kola Marku Basha Hysa"), english: 0.08, foreign: 0.45,
			men:   same("Arben Ilir Gentian Ermal Artan Bledar Elton Klodian Dritan Altin"),
			women: same("Mirela Elira Blerina Anila Ornela Valbona Entela Majlinda Eda Brunilda")},
		{weight: 18, families: list("Shevchenko Kovalenko Bondarenko Tkachenko Melnyk Boyko Marchenko Savchenko"), english: 0.25, foreign: 0.45,
			men:   same("Oleksandr Andriy Serhiy Ivan Dmytro Taras Bohdan Maksym"),
			women: same("Oksana Olena Natalia Svitlana Halyna Iryna Tetiana Lyudmyla")},
		{weight: 16, families: list("Mensah Owusu Boateng Asante Osei Appiah Okafor Adeyemi"), english: 0.7, foreign: 0.45,
			men:   same("Kwame Kofi Emmanuel Samuel Daniel Isaac Joseph Michael"),
			women: same("Abena Grace Mercy Comfort Esther Joyce Blessing Mary")},
		{weight: 12, families: list("Chen Wang Zhang Hu Zhou Lin Wu Xu"), english: 0.2, foreign: 0.45,
			men:   same("Wei Jun Lei Marco Hao Paolo Ming Davide"),
			women: same("Li Na Xiu Ying Giulia Mei Anna Jing")},
		{weight: 12, families: list("Khan Ahmed Hussain Iqbal Singh Kaur Sharma Kumar"), english: 0.6, foreign: 0.45,
			men:   same("Imran Ali Bilal Usman Gurpreet Harpreet Rajesh Amit"),
			women: same("Ayesha Sana Nadia Simran Jaspreet Priya Anita Sunita")},
	}
}

func italianFamilies() []string {
	return list(`Ferrari Rossi Bianchi Barbieri Montanari Vaccari Malagoli Bonacini Benassi Gualdi Guidetti Zanasi Cavazzuti
		Lugli Goldoni Bergonzini Cavani Muratori Ronchetti Pellacani Tagliazucchi Venturelli Vandelli Zanni Borghi
		Bortolotti Baraldi Bellei Bernardi Bertoni Bompani Boni Bosi Bruni Calzolari Camurri Canova Casolari Cattani
		Cavalieri Corradini Costa Cuoghi Ferraresi Ferrarini Fiorini Fontana Franchini Galli Garagnani Gatti Ghelfi
		Gibellini Giusti Grandi Grassi Iotti Leonardi Levoni Lodi Lolli Luppi Maccaferri Magnani Malavasi Manfredini
		Manicardi Mantovani Manzini Marchetti Martinelli Melotti Messori Monari Morandi Morselli Neri Nicolini Orlandi
		Paltrinieri Panini Parmeggiani Pedroni Pini Pivetti Poggi Po Prandini Prati Reggiani Ricci Righi Rinaldi Romani
		Roncaglia Rovatti Russo Sabatini Sala Santini Sassi Savoia Scaglioni Serri Setti Silvestri Simonini Sola
		Solmi Stefani Tassi Tosi Turrini Valli Vecchi Venturi Verri Vezzani Vignoli Vincenzi Zagni Zanetti Zini Zoboli
		Esposito Greco Marino Bruno De_Luca Conti Romano Colombo Rizzo Lombardi Moretti Caruso Ferrara Santoro D’Amico
		Coppola Longo Gentile Marchi Serra Vitale Parisi Sorrentino Cirillo Di_Marco La_Rocca`)
}

// list splits at spaces; an underscore stands for a space inside a name.
func list(names string) []string {
	all := strings.Fields(names)
	for i, name := range all {
		all[i] = strings.ReplaceAll(name, "_", " ")
	}
	return all
}

// same is one list of names for every generation.
func same(names string) [3][]string {
	all := list(names)
	return [3][]string{all, all, all}
}
