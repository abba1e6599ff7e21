package record

import (
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
)

// Measures of the drawing, in pixels.
const (
	panelWidth, panelHeight = 312, 190
	plotLeft, plotTop       = 56, 40 // of the plot within its panel
	plotWidth, plotHeight   = 220, 110
	legendHeight            = 34
	panelsAcross            = 3
)

// curve is one line of a drawing: figures of one kind by the size of the town.
type curve struct {
	sizes   []float64
	figures []Figure
}

// Curves draws, as an SVG, how each figure changes with the number of people, a panel for each and a line for each
// engine; a stroke through a point spans its runs. Rows are those of a result whose names are "ENGINE, NUMBER people";
// sizes lie on a scale of tenfold steps, figures on one from 0.
func Curves(r Result) string {
	engines, names, curves := gathered(r.Rows)
	down := (len(names) + panelsAcross - 1) / panelsAcross
	width, height := panelsAcross*panelWidth, legendHeight+down*panelHeight
	var b strings.Builder
	_, _ = fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12" role="img">`+"\n", width, height)
	_, _ = fmt.Fprintf(&b, "<title>%s, by the number of people</title>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n", html.EscapeString(r.Title))
	for at, engine := range engines {
		x := plotLeft + at*140
		_, _ = fmt.Fprintf(&b, `<path d="M%d 20h34" %s/><text x="%d" y="24">%s</text>`+"\n", x, stroke(at), x+42, html.EscapeString(engine))
	}
	for at, name := range names {
		_, _ = fmt.Fprintf(&b, `<g transform="translate(%d %d)">`+"\n", at%panelsAcross*panelWidth, legendHeight+at/panelsAcross*panelHeight)
		writePanel(&b, name, engines, curves[name])
		b.WriteString("</g>\n")
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// gathered are the engines and the figures' names in the order in which they come, and each figure's curves by engine.
func gathered(rows []Row) (engines, names []string, curves map[string]map[string]*curve) {
	curves = map[string]map[string]*curve{}
	for _, row := range rows {
		engine, size, _ := strings.Cut(row.Name, ", ")
		var people float64
		if _, err := fmt.Sscanf(size, "%f people", &people); err != nil {
			continue
		}
		if !slices.Contains(engines, engine) {
			engines = append(engines, engine)
		}
		for _, f := range row.Figures {
			if curves[f.Name] == nil {
				names, curves[f.Name] = append(names, f.Name), map[string]*curve{}
			}
			c := curves[f.Name][engine]
			if c == nil {
				c = &curve{}
				curves[f.Name][engine] = c
			}
			c.sizes, c.figures = append(c.sizes, people), append(c.figures, f)
		}
	}
	return engines, names, curves
}

// stroke is how the line of an engine is drawn.
func stroke(engine int) string {
	if engine == 0 {
		return `stroke="#00566b" stroke-width="2" fill="none"`
	}
	return `stroke="#a34700" stroke-width="2" fill="none" stroke-dasharray="6 4"`
}

func writePanel(b *strings.Builder, name string, engines []string, curves map[string]*curve) {
	most, least, greatest, unit := 0.0, math.Inf(1), 0.0, ""
	for _, c := range curves {
		for at, f := range c.figures {
			most, unit = max(most, f.Greatest), f.Unit
			least, greatest = min(least, c.sizes[at]), max(greatest, c.sizes[at])
		}
	}
	across := func(size float64) float64 {
		if greatest == least {
			return plotLeft
		}
		return plotLeft + plotWidth*math.Log(size/least)/math.Log(greatest/least)
	}
	up := func(value float64) float64 {
		return plotTop + plotHeight*(1-value/max(most, math.SmallestNonzeroFloat64))
	}
	_, _ = fmt.Fprintf(b, `<text x="%d" y="%d" font-weight="bold">%s</text>`+"\n", plotLeft, plotTop-20, html.EscapeString(labelled(name, unit)))
	_, _ = fmt.Fprintf(b, `<path d="M%d %dv%dh%d" stroke="#767676" fill="none"/>`+"\n", plotLeft, plotTop, plotHeight, plotWidth)
	_, _ = fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="end">%s</text><text x="%d" y="%d" text-anchor="end">0</text>`+"\n",
		plotLeft-6, plotTop+4, number(most, unit), plotLeft-6, plotTop+plotHeight+4)
	for size := least; size <= greatest; size *= 10 {
		_, _ = fmt.Fprintf(b, `<text x="%.0f" y="%d" text-anchor="middle">%s</text>`+"\n", across(size), plotTop+plotHeight+18, number(size, ""))
	}
	for at, engine := range engines {
		c := curves[engine]
		if c == nil {
			continue
		}
		var line strings.Builder
		for i, f := range c.figures {
			x := across(c.sizes[i])
			_, _ = fmt.Fprintf(&line, "%c%.1f %.1f", "ML"[min(i, 1)], x, up(f.Median))
			_, _ = fmt.Fprintf(b, `<path d="M%.1f %.1fV%.1f" %s/>`+"\n", x, up(f.Least), up(f.Greatest), stroke(at))
		}
		_, _ = fmt.Fprintf(b, `<path d="%s" %s/>`+"\n", &line, stroke(at))
	}
}

func labelled(name, unit string) string {
	if unit == "" {
		return name
	}
	return name + ", " + unit
}
