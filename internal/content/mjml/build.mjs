// Turns the MJML sources of this folder into the Go html/template files of ../email, which are committed and
// embedded in the binary: nothing of MJML runs, or is needed, in production.
//
//   node internal/content/mjml/build.mjs
//
// frame.mjml is the whole message; every other *.mjml is one kind of block, compiled where it will stand, inside the
// frame's card, and then cut out. What the elements of MJML become is said in light.mjs.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import mjml2html from "mjml";
import { light, skeleton } from "./light.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "..", "email");
const slot = "<mj-raw>{{range .Blocks}}{{$.Put .}}{{end}}</mj-raw>";
const cut = "<!-- cut here -->";

// compile makes HTML of MJML.
async function compile(name, source) {
  const { html, errors } = await mjml2html(source, { presets: [light], skeleton, validationLevel: "strict", keepComments: true });
  if (errors.length > 0) {
    throw new Error(`${name}: ${errors.map((e) => e.formattedMessage).join("\n")}`);
  }
  return html;
}

// goTemplate makes a Go template of HTML. html/template drops comments, and Outlook's layout lives in conditional
// comments, so each becomes an action that writes it back.
function goTemplate(html) {
  const kept = html.replace(/<!--[\s\S]*?-->/g, (comment) => (comment.includes("[") ? `{{comment \`${comment}\`}}` : ""));
  return `${squeeze(kept)}\n`;
}

// squeeze drops indentation and empty lines, which every message would carry.
function squeeze(text) {
  return text.split("\n").map((line) => line.trim()).filter((line) => line !== "").join("\n");
}

const frame = readFileSync(join(here, "frame.mjml"), "utf8").replace(/^<!--[\s\S]*?-->\s*/, "");
if (!frame.includes(slot)) {
  throw new Error(`frame.mjml: no place for the blocks (${slot})`);
}
mkdirSync(target, { recursive: true });
writeFileSync(join(target, "frame.html"), goTemplate(await compile("frame.mjml", frame)));

for (const file of readdirSync(here).filter((f) => f.endsWith(".mjml") && f !== "frame.mjml").sort()) {
  const mark = `<mj-raw>${cut}</mj-raw>`;
  const html = await compile(file, frame.replace(slot, () => mark + readFileSync(join(here, file), "utf8") + mark));
  const parts = html.split(cut);
  if (parts.length !== 3) {
    throw new Error(`${file}: expected the block between two marks, found ${parts.length - 1} marks`);
  }
  writeFileSync(join(target, file.replace(/\.mjml$/, ".html")), goTemplate(parts[1]));
}
