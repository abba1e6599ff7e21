// The few elements of MJML that our e-mails use, each as light as a page of one column allows. MJML's own forms bring
// three tables and some 300 bytes of style for every paragraph, so that columns, fonts and fallbacks of any page work;
// a mail goes out many thousand times, and ours needs none of that:
//
//   mj-body      one table, 600 px wide at most, which hands font and colour down to all that stands in it
//   mj-section   a row of that table with its one cell, in which everything of the row follows
//   mj-text      its HTML, as it is
//   mj-button    a link with padding
//   mj-image     an image as wide as the cell
//   mj-divider   a rule
//
// Outlook for Windows lays out with Word, which knows neither max-width nor fonts that a table hands down: it gets a
// table of fixed width around ours (mj-body), and its font in the head (frame.mjml). Of a button it shows the colours
// without the padding.
import { BodyComponent } from "mjml-core";

// inline is the attribute style with what is set of these, "" when nothing is.
function inline(properties) {
  const set = Object.entries(properties).filter(([, value]) => value !== undefined);
  return set.length === 0 ? "" : ` style="${set.map(([name, value]) => `${name}:${value}`).join(";")}"`;
}

// mso is what only Outlook for Windows reads.
const mso = (html) => `<!--[if mso]>${html}<![endif]-->`;

// Light is an element that knows the attributes which it lists, and no other: the build stops at any that would do
// nothing.
class Light extends BodyComponent {
  static element(name, attributes, more = {}) {
    const allowed = Object.fromEntries(attributes.map((attribute) => [attribute, "string"]));
    return Object.assign(this, { componentName: name, allowedAttributes: allowed, defaultAttributes: {} }, more);
  }

  get class() {
    const name = this.getAttribute("css-class");
    return name ? ` class="${name}"` : "";
  }
}

class Body extends Light {
  render() {
    const { lang, dir, title, preview } = this.context.globalData;
    const width = parseInt(this.getAttribute("width"), 10);
    const background = inline({ background: this.getAttribute("background-color") });
    const table = inline({
      width: "100%", "max-width": `${width}px`, margin: "auto",
      font: this.getAttribute("font"), color: this.getAttribute("color"), "word-break": "break-word",
    });
    return `<body${this.class}>
<div style="display:none">${preview}</div>
<div${this.class} role="article" aria-label="${title}" lang="${lang}" dir="${dir}"${background}>
${mso(`<table role="presentation" width="${width}" align="center"><tr><td>`)}
<table role="presentation" cellspacing="0"${table}>
${this.renderChildren()}
</table>
${mso("</td></tr></table>")}
</div>
</body>`;
  }
}

class Section extends Light {
  render() {
    const style = inline({
      padding: this.getAttribute("padding"),
      background: this.getAttribute("background-color"), color: this.getAttribute("color"),
    });
    return `<tr><td${this.class}${style}>\n${this.renderChildren()}\n</td></tr>\n`;
  }
}

class Text extends Light {
  render() {
    return this.getContent();
  }
}

class Button extends Light {
  render() {
    const style = inline({
      display: "inline-block", padding: this.getAttribute("padding"), "border-radius": this.getAttribute("border-radius"),
      background: this.getAttribute("background-color"), color: this.getAttribute("color"),
      "font-weight": this.getAttribute("font-weight"), "text-decoration": "none",
    });
    return `<p${inline({ margin: this.getAttribute("margin") })}><a${this.class} href="${this.getAttribute("href")}"${style}>${this.getContent()}</a></p>`;
  }
}

class Image extends Light {
  render() {
    const style = inline({ display: "block", width: "100%", height: "auto", margin: this.getAttribute("margin") });
    return `<img src="${this.getAttribute("src")}" alt="${this.getAttribute("alt")}" width="${this.getAttribute("width")}"${style}>`;
  }
}

class Divider extends Light {
  render() {
    const line = `${this.getAttribute("border-width")} solid ${this.getAttribute("border-color")}`;
    return `<hr${inline({ margin: this.getAttribute("margin"), border: 0, "border-top": line })}>`;
  }
}

const blocks = ["mj-text", "mj-button", "mj-image", "mj-divider", "mj-raw"];

// light is the preset for mjml2html.
export const light = {
  components: [
    Body.element("mj-body", ["width", "background-color", "font", "color"]),
    Section.element("mj-section", ["padding", "background-color", "color"]),
    Text.element("mj-text", [], { endingTag: true }),
    Button.element(
      "mj-button", ["href", "margin", "padding", "border-radius", "background-color", "color", "font-weight"], { endingTag: true },
    ),
    Image.element("mj-image", ["src", "alt", "width", "margin"]),
    Divider.element("mj-divider", ["border-width", "border-color", "margin"]),
  ],
  dependencies: { "mj-body": ["mj-section"], "mj-section": blocks },
};

// skeleton is the page around the body. Each mj-style is a sheet of its own, for a mail program that does not know
// what one says drops it whole.
export function skeleton({ content, title, lang, dir, style, headRaw }) {
  return `<!doctype html>
<html lang="${lang}" dir="${dir}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
${headRaw.filter((raw) => raw).join("\n")}
<title>${title}</title>
${style.map((sheet) => `<style>${squeezeStyle(sheet)}</style>`).join("\n")}
</head>
${content}
</html>`;
}

// squeezeStyle drops the blanks that CSS does not need.
function squeezeStyle(css) {
  return css.replace(/\s+/g, " ").replace(/ ?([{}:;,!]) ?/g, "$1").replaceAll(";}", "}").trim();
}
