// Makes dist/ from src/: one stylesheet, one script, the fonts and one sprite of icons, each under a name that holds
// the hash of its content, with a gzip twin where that helps, and manifest.json, which leads from "app.css" to it.
// Run by `npm run build`; assets.go embeds the result.
import { createHash } from "node:crypto"
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises"
import path from "node:path"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"
import esbuild from "esbuild"
import * as sass from "sass"

const here = path.dirname(fileURLToPath(import.meta.url))
const root = path.resolve(here, "../../..")
const dist = path.join(here, "dist")
const modules = path.join(root, "node_modules")
const italia = path.join(modules, "bootstrap-italia")

/** Icons of the sprite: each name is one that ui.Icon may draw. */
const icons = (await readFile(path.join(here, "src/icons.txt"), "utf8")).split("\n").filter(Boolean)

await rm(dist, { recursive: true, force: true })
await mkdir(dist, { recursive: true })
await writeFile(path.join(dist, ".gitkeep"), "")

const manifest = {
  "app.css": await css(),
  "app.js": await script(),
  "icons.svg": await sprite(),
  "mark.svg": await hashed("mark.svg", await readFile(path.join(here, "src/mark.svg"))),
}
await writeFile(path.join(dist, "manifest.json"), JSON.stringify(manifest, null, 2) + "\n")
await compress()

/** Compiles the stylesheet, its fonts beside it. */
async function css() {
  const compiled = sass.compile(path.join(here, "src/app.scss"), {
    loadPaths: [path.join(italia, "src/scss")],
    quietDeps: true,
    silenceDeprecations: ["import", "global-builtin", "color-functions", "if-function"],
    logger: sass.Logger.silent,
  })
  return bundle({
    stdin: {
      contents: await picturesOut(compiled.css),
      loader: "css",
      resolveDir: path.join(italia, "dist/fonts"),
      sourcefile: "app.css",
    },
    entryNames: "app.[hash]",
    loader: { ".woff2": "file" },
    external: ["./picture.*"],
  })
}

/** Bootstrap Italia writes small pictures into the stylesheet; as files of their own they need no data: addresses in
 * the content security policy. */
async function picturesOut(sheet) {
  const pictures = /url\((["'])data:image\/svg\+xml[^,]*,(.*?)\1\)/g
  for (const [whole, , text] of sheet.matchAll(pictures)) {
    const svg = text.replace(/%[0-9a-f]{2}/gi, decodeURIComponent)
    sheet = sheet.replaceAll(whole, `url(./${await hashed("picture.svg", svg)})`)
  }
  return sheet
}

function script() {
  return bundle({ entryPoints: [path.join(here, "src/app.ts")], entryNames: "[name].[hash]", target: "es2020", format: "iife" })
}

/** One esbuild run; answers the name of the file that was asked for. */
async function bundle(options) {
  const built = await esbuild.build({
    bundle: true, minify: true, metafile: true, outdir: dist, logLevel: "warning", legalComments: "none",
    assetNames: "[name].[hash]", ...options,
  })
  const [name] = Object.entries(built.metafile.outputs).find(([, made]) => made.entryPoint)
  return path.basename(name)
}

/** Takes the icons we use out of the two hundred Bootstrap Italia has. */
async function sprite() {
  const all = await readFile(path.join(italia, "dist/svg/sprites.svg"), "utf8")
  const symbols = icons.map((icon) => {
    const found = all.match(new RegExp(`<symbol id="it-${icon}".*?</symbol>`, "s"))
    if (!found) throw new Error(`src/icons.txt: Bootstrap Italia has no icon "${icon}"`)
    return found[0].replace(`id="it-${icon}"`, `id="${icon}"`)
  })
  return hashed("icons.svg", `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`)
}

/** Writes content under name.<hash>.ext and returns that name. */
async function hashed(name, content) {
  const { name: base, ext } = path.parse(name)
  const hash = createHash("sha256").update(content).digest("base64url").slice(0, 8)
  const file = `${base}.${hash}${ext}`
  await writeFile(path.join(dist, file), content)
  return file
}

async function compress() {
  for (const name of await readdir(dist)) {
    if (!/\.(css|js|svg)$/.test(name)) continue
    const packed = gzipSync(await readFile(path.join(dist, name)), { level: 9 })
    await writeFile(path.join(dist, name + ".gz"), packed)
    if (/^app\./.test(name)) console.log(`${name}  ${(packed.length / 1024).toFixed(1)} KB compressed`)
  }
}
