package locale

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

type calendar struct {
	months       [12]string
	group, point string
}

func calendarOf(lang string) calendar {
	if lang == "en" {
		return calendar{
			months: [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
			group:  ",", point: ".",
		}
	}
	return calendar{
		months: [12]string{"gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"},
		group:  ".", point: ",",
	}
}

// Date is the day of t in t's zone, in words: "22 novembre 2026", "22 November 2026".
func Date(lang string, t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return fmt.Sprintf("%d %s %d", t.Day(), calendarOf(lang).months[t.Month()-1], t.Year())
}

// DateTime is Date with hour and minute: "22 novembre 2026, 14:30".
func DateTime(lang string, t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return Date(lang, t) + t.Format(", 15:04")
}

// Number writes n with the language's thousands separator: 37.500, 37,500.
func Number(lang string, n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	// In Italian a number of four digits is usually left whole; the separator begins at five.
	if len(digits) <= 3 || lang == "it" && len(digits) == 4 {
		return sign + digits
	}
	var b strings.Builder
	head := len(digits) % 3
	b.WriteString(digits[:head])
	for i := head; i < len(digits); i += 3 {
		if b.Len() > 0 {
			b.WriteString(calendarOf(lang).group)
		}
		b.WriteString(digits[i : i+3])
	}
	return sign + b.String()
}

// Percent writes part of whole in percent with one decimal: "12,5 %", "12.5%"; "–" of nothing.
func Percent(lang string, part, whole int64) string {
	if whole == 0 {
		return "–"
	}
	text := strconv.FormatFloat(100*float64(part)/float64(whole), 'f', 1, 64)
	text = strings.Replace(text, ".", calendarOf(lang).point, 1)
	if lang == "it" {
		return text + " %"
	}
	return text + "%"
}
