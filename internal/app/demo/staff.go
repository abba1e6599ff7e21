package demo

// Account is a member of staff of the demonstration.
type Account struct {
	Email    string
	Name     string
	Role     string // administrator, publisher, editor or operator
	Newsroom string // of an editor, its slug; "" for the others
}

// Staff is one account of each role, and two editors: one of an office, one of an association.
func Staff() []Account {
	return []Account{
		{Email: "anna.ferrari@borgopanaro.example", Name: "Anna Ferrari", Role: "administrator"},
		{Email: "paolo.vaccari@borgopanaro.example", Name: "Paolo Vaccari", Role: "publisher"},
		{Email: "elena.montanari@borgopanaro.example", Name: "Elena Montanari", Role: "editor", Newsroom: "teatro-comunale"},
		{Email: "bruno.malagoli@borgopanaro.example", Name: "Bruno Malagoli", Role: "editor", Newsroom: "donatori-sangue"},
		{Email: "sara.benali@borgopanaro.example", Name: "Sara Benali", Role: "operator"},
	}
}
