// A citizen's way: she signs up, confirms by mail, sees her own page, changes it, gets an issue, and leaves.
// Task: {base, post: address of the test's mailbox, scripts: whether JavaScript runs}.
import { look, must, seen, task, tick, windowOf, withBrowser } from "./look.mjs"

const { base, post, scripts } = await task()
const address = scripts ? "nora@citta.example" : "olga@citta.example"
const letters = async (n) => (await fetch(`${post}/mails?to=${address}&n=${n}`)).json()
const linkIn = (mail, pattern) => {
  const found = mail.text.match(pattern)
  must(found, `no ${pattern} in the mail:\n${mail.text}`)
  return found[0]
}

await withBrowser(async (browser, complaints) => {
  const context = await windowOf(browser, complaints, { scripts, where: "citizen" })
  const page = await context.newPage()
  const shot = (name) => look(page, complaints, `citizen-${scripts ? "" : "plain-"}${name}`, { check: scripts })
  const go = (value) => page.click(`button[name=go][value=${value}]`)

  // Chi sei, cosa vuoi, come raggiungerti. What is written wrong comes back with what was written right.
  await page.goto(base)
  await page.click('main a[href^="/join"], nav a[href^="/join"]')
  await tick(page, '[name=who][value=genitore]')
  await page.selectOption("[name=place]", "centro")
  await page.fill("[name=birth_date]", "31/02/1990")
  await go("wants")
  must((await seen(page)).includes("31/02/1990") || (await page.inputValue("[name=birth_date]")) === "31/02/1990", "the wrong date did not come back")
  must(await page.isChecked('[name=who][value=genitore]'), "what was ticked did not come back")
  await shot("join-error")
  await page.fill("[name=birth_date]", "1990")
  await go("wants")
  await tick(page, '[name=newsletters][value=teatro]')
  await shot("join-wants")
  await go("reach")
  await page.fill("[name=address]", address)
  await page.fill("[name=given_name]", "Nora")
  await tick(page, "[name=agree]")
  await shot("join-reach")
  await go("send")
  await page.waitForURL("**/join/sent")
  await shot("join-sent")

  // The mail leads to a page with a button: opening it alone does nothing.
  const [confirm] = await letters(1)
  await page.goto(linkIn(confirm, /http\S+\/join\/confirm\/\S+/))
  await shot("confirm")
  await page.click("main button[type=submit]")
  await page.waitForURL("**/me/*/welcome**")
  await shot("welcome")

  // Her own page knows what she said.
  const own = new URL(page.url()).pathname.split("/").slice(0, 3).join("/")
  await page.goto(base + own)
  must((await seen(page)).includes("Il teatro in città"), "her own page does not show the newsletter")
  await shot("own")
  await page.goto(`${base}${own}/profile`)
  await tick(page, '[name=wants][value=biblioteca]')
  await page.click("main form button[type=submit]")
  await page.goto(`${base}${own}/profile`)
  must(await page.isChecked('[name=wants][value=biblioteca]'), "her profile was not kept")

  // An issue is sent; its link leads out of the newsletter, with one press and no sign-in.
  await fetch(`${post}/send`, { method: "POST" })
  const issue = (await letters(2)).at(-1)
  await page.goto(linkIn(issue, /http\S+\/unsubscribe\/\S+/))
  await shot("leave")
  await page.locator('main form[action*="/unsubscribe/"] button[type=submit]').first().click()
  await page.waitForLoadState()
  await shot("left")
  await page.goto(base + own)
  must(!(await page.locator("main").innerText()).includes("Il teatro in città"), "she still gets the newsletter")

  // What is kept of her can be seen and erased.
  await page.goto(`${base}${own}/data`)
  await shot("data")
  await page.goto(`${base}${own}/erase`)
  await shot("erase")
  await page.locator('main form[action$="/erase"] button[type=submit]').first().click()
  await page.waitForURL("**/goodbye**")
  await shot("goodbye")
  const gone = await page.goto(base + own)
  must(gone.status() >= 400, `her page still answers ${gone.status()} after she was erased`)
  await context.close()
})
