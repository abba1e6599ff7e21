// Opens pages wide and narrow, with and without scripts, and fails on anything axe-core, the content security policy
// or the console complain of, and on pages wider than their window.
// Usage: node axe.mjs BASE_URL PAGE…; with UNOXUNO_GALLERY=<folder>, pictures go there.
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
  if (!scripts) return
  if (pictures && width < 992) {
    await page.click(".menu-toggle", { timeout: 1000 }).then(() => page.screenshot({ path: `${pictures}/${name}-${width}-menu.png` }), () => {})
  }
  const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
  if (tooWide > 0) complaints.push(`${where}: ${tooWide}px wider than the window`)
  await page.evaluate((await import("node:fs")).readFileSync(axe, "utf8"))
  const result = await page.evaluate((values) => window.axe.run({ runOnly: { type: "tag", values } }), tags)
  for (const v of result.violations) {
    for (const n of v.nodes) complaints.push(`${where}: ${v.id}: ${v.help}\n    ${n.target} ${n.html.slice(0, 160)}\n    ${n.failureSummary.replaceAll("\n", " ")}`)
  }
}
