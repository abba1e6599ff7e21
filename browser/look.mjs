// What every script here does with a page: it listens to complaints, has axe look at the page, and takes its picture.
import { createRequire } from "node:module"
import { mkdirSync, readFileSync } from "node:fs"
import { text } from "node:stream/consumers"
import { chromium } from "playwright-core"

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
const pictures = process.env.UNOXUNO_SCREENSHOTS ?? ""
if (pictures) mkdirSync(pictures, { recursive: true })

/** The task that the Go test gave, from standard input. */
export async function task() {
  return JSON.parse(await text(process.stdin))
}

/** Starts Chromium, does what is asked with it, and ends the process with what was complained of. */
export async function withBrowser(work) {
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"],
  })
  const complaints = []
  try {
    await work(browser, complaints)
  } catch (error) {
    complaints.push(error.stack ?? String(error))
    for (const page of browser.contexts().flatMap((context) => context.pages())) {
      complaints.push(`--- the page was ${page.url()}:\n${(await seen(page)).slice(0, 2000)}`)
    }
  } finally {
    await browser.close()
  }
  if (complaints.length > 0) {
    console.log(complaints.join("\n"))
    process.exit(1)
  }
}

/** A window of that width whose pages complain to the list; expected answers (401 …) are not complaints. */
export async function windowOf(browser, complaints, { width = 1280, scripts = true, where = "" } = {}) {
  const context = await browser.newContext({
    viewport: { width, height: 900 }, javaScriptEnabled: scripts, reducedMotion: "reduce", locale: "it-IT", timezoneId: "Europe/Rome",
  })
  context.setDefaultTimeout(15_000)
  context.on("page", (page) => {
    const at = () => `${where} ${new URL(page.url(), "http://none").pathname} ${width}px`
    page.on("console", (m) => {
      if (m.type() === "error" && !/status of 4\d\d/.test(m.text())) complaints.push(`${at()}: console: ${m.text()}`)
    })
    page.on("pageerror", (error) => complaints.push(`${at()}: ${error}`))
    page.on("response", (r) => {
      if (r.status() >= 500) complaints.push(`${at()}: ${r.url()} answered ${r.status()}`)
    })
  })
  return context
}

/** Looks at the page as it stands: its width, axe's findings, its picture under the given name. */
export async function look(page, complaints, name, { check = true } = {}) {
  await page.waitForLoadState() // a click waits only until the next page begins
  const width = page.viewportSize().width
  if (pictures) await page.screenshot({ path: `${pictures}/${name}-${width}.png`, fullPage: true })
  if (!check) return
  const tooWide = await page.evaluate(() => {
    if (document.documentElement.scrollWidth <= window.innerWidth) return ""
    const over = [...document.body.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > window.innerWidth + 0.5)
    return over.slice(0, 5).map((e) => `${e.tagName}.${e.getAttribute("class")}`).join(", ") || "?"
  })
  if (tooWide) complaints.push(`${name} ${width}px: wider than the window: ${tooWide}`)
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe)
  const result = await page.evaluate((values) => window.axe.run({ runOnly: { type: "tag", values } }), tags)
  for (const v of result.violations) {
    for (const n of v.nodes) {
      complaints.push(`${name} ${width}px: ${v.id}: ${v.help}\n    ${n.target} ${n.html.slice(0, 200)}\n    ${n.failureSummary.replaceAll("\n", " ")}`)
    }
  }
}

/** Fails with a sentence when what must be is not. */
export function must(condition, sentence) {
  if (!condition) throw new Error(sentence)
}

/** The text that a reader of the page sees. */
export const seen = (page) => page.locator("body").innerText()

/** Signs in to the office. */
export async function signIn(page, base, account) {
  await page.goto(`${base}/office/sign-in`)
  await page.fill("[name=email]", account.email)
  await page.fill("[name=password]", account.password)
  await Promise.all([page.waitForURL((u) => u.pathname !== "/office/sign-in"), page.click("main button[type=submit]")])
}

/** Ticks a box or a radio button as a reader does: by its label, in the folded part of the page if it stands there. */
export async function tick(page, selector) {
  const box = page.locator(selector).first()
  const folded = page.locator("details:not([open])").filter({ has: box })
  if (await folded.count()) await folded.first().locator("summary").first().click()
  await page.locator(`label[for="${await box.getAttribute("id")}"]`).click()
  must(await box.isChecked(), `${selector} did not let itself be ticked`)
}
