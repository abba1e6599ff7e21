package ui

func toneName(t Tone) string {
	if t == Neutral {
		return "neutral"
	}
	return string(t)
}

func alertClass(t Tone) string {
	if t == Neutral {
		return "alert-info"
	}
	return "alert-" + string(t)
}

func alertRole(t Tone) string {
	if t == Danger || t == Warning {
		return "alert"
	}
	return "status"
}

func confirmKind(k Kind) Kind {
	if k == "" {
		return Dangerous
	}
	return k
}
