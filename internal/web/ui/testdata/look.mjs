// Looks at pages of the gallery in a browser; see TestGallery.
// Opens them wide and narrow, with and without scripts, and fails on anything axe-core, the content security policy
// or the console complain of, and on pages wider than their window.
// Usage: node look.mjs BASE_URL PAGE…; with UNOXUNO_GALLERY=<folder>, pictures go there.
import { createRequire } from "node:module"
import { chromium } from "playwright-core"

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js")
const [base, ...pages] = process.argv.slice(2)
const pictures = process.env.UNOXUNO_GALLERY
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
const complaints = []

const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] })
for (const width of [1280, 375]) {
  for (const scripts of [true, false]) {
    // The policy is checked by what the console says; axe itself has to be let in.
    const context = await browser.newContext({ viewport: { width, height: 900 }, javaScriptEnabled: scripts, reducedMotion: "reduce" })
    for (const name of pages) await look(await context.newPage(), name, width, scripts)
    await context.close()
  }
}
await browser.close()
if (complaints.length > 0) {
  console.log(complaints.join("\n"))
  process.exit(1)
}

async function look(page, name, width, scripts) {
  const where = `${name} ${width}px${scripts ? "" : " without scripts"}`
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().includes("404")) complaints.push(`${where}: ${message.text()}`)
  })
  page.on("pageerror", (error) => complaints.push(`${where}: ${error}`))
  await page.goto(`${base}/${name}`, { waitUntil: "load" })
  if (pictures) await page.screenshot({ path: `${pictures}/${name}-${width}${scripts ? "" : "-plain"}.png`, fullPage: true })
  if (pictures && scripts) {
    await page.emulateMedia({ media: "print" })
    await page.screenshot({ path: `${pictures}/${name}-${width}-print.png`, fullPage: true })
    await page.emulateMedia({ media: "screen" })
  }
  if (!scripts) return
  if (pictures && width < 992) {
    await page.click(".menu-toggle", { timeout: 1000 }).then(() => page.screenshot({ path: `${pictures}/${name}-${width}-menu.png` }), () => {})
  }
  const tooWide = await page.evaluate(() => {
    if (document.documentElement.scrollWidth <= window.innerWidth) return ""
    const culprits = [...document.body.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > window.innerWidth + 0.5)
    return culprits.map((e) => e.tagName + "." + e.getAttribute("class")).join(", ")
  })
  if (tooWide) complaints.push(`${where}: wider than the window: ${tooWide}`)
  await page.evaluate((await import("node:fs")).readFileSync(axe, "utf8"))
  if (name === "office") await comforts(page, where)
  const result = await page.evaluate((values) => window.axe.run({ runOnly: { type: "tag", values } }), tags)
  for (const v of result.violations) {
    for (const n of v.nodes) complaints.push(`${where}: ${v.id}: ${v.help}\n    ${n.target} ${n.html.slice(0, 160)}\n    ${n.failureSummary.replaceAll("\n", " ")}`)
  }
}

/** What the script adds: the count follows the form, the progress renews itself until done, the link can be copied. */
async function comforts(page, where) {
  await page.fill("#f-audience", "age > 64")
  const seen = async (text) => page.getByText(text).first().waitFor({ timeout: 10000 }).catch(() => complaints.push(`${where}: no "${text}"`))
  await seen("Due persone per age > 64.")
  await seen("Spedizione finita.")
  if (!(await page.locator("[data-copy]").isVisible())) complaints.push(`${where}: nothing to copy with`)
}
