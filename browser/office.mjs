// An editor's way: invited, she chooses a password, writes an issue block by block, looks at it, chooses its audience,
// sends it, and reads its numbers.
// Task: {base, post: address of the test's mailbox, invitation, email, scripts}.
import { look, must, seen, signIn, task, tick, windowOf, withBrowser } from "./look.mjs"

const { base, post, invitation, email, scripts } = await task()
const password = "una frase che ricordo bene"

await withBrowser(async (browser, complaints) => {
  const context = await windowOf(browser, complaints, { scripts, where: "office" })
  const page = await context.newPage()
  const shot = (name) => look(page, complaints, `office-${scripts ? "" : "plain-"}${name}`, { check: scripts })
  const press = (what) => page.locator(`main button[name=do][value="${what}"]`).first().click()
  const blocks = () => page.locator("[name=block]").evaluateAll((all) => all.map((e) => e.value))
  const add = async (kind) => {
    await press(`add:${kind}`)
    await page.waitForLoadState()
    return (await blocks()).at(-1)
  }

  await page.goto(invitation)
  await shot("invitation")
  await page.fill("[name=password]", password)
  await page.fill("[name=again]", password)
  await page.click("main button[type=submit]")
  await page.waitForLoadState()
  await context.clearCookies()

  // A wrong password is told, and tells nothing else.
  await page.goto(`${base}/office`)
  await page.fill("[name=email]", email)
  await page.fill("[name=password]", "sbagliata del tutto")
  await page.click("main button[type=submit]")
  await shot("sign-in-wrong")
  await signIn(page, base, { email, password })
  await shot("board")

  // Compose.
  await page.goto(`${base}/office/issues/new`)
  await page.selectOption("[name=newsletter]", "teatro")
  await page.fill("[name=title]", scripts ? "Prima con gli script" : "Prima senza script")
  await page.click("main form button[type=submit]")
  await page.waitForURL("**/office/issues/*")
  const issue = new URL(page.url()).pathname
  const heading = await add("heading")
  await page.fill(`[name="${heading}.text"]`, "Si torna in sala")
  await press(`up:${heading}`) // before the text that every issue begins with
  await page.fill('main textarea[name$=".text"]', "Dal **3 dicembre** il teatro riapre.")
  const event = await add("event")
  await page.fill(`[name="${event}.title"]`, "La prima")
  await page.fill(`[name="${event}.start"]`, "2030-12-03")
  await page.fill(`[name="${event}.start_time"]`, "20:30")
  await page.fill(`[name="${event}.place"]`, "Teatro comunale")
  const button = await add("button")
  await page.fill(`[name="${button}.label"]`, "Prenota")
  await page.fill(`[name="${button}.url"]`, "https://www.borgo.example/biglietti")
  await press("save")
  await shot("editor")

  // Somebody else opened it before and saves now: she is told, and loses nothing.
  const other = await context.newPage()
  await other.goto(base + issue)
  await page.fill(`[name="${heading}.text"]`, "Si torna tutti in sala")
  await press("save")
  await page.waitForLoadState()
  await other.fill(`[name="${heading}.text"]`, "Un altro titolo")
  const [conflict] = await Promise.all([
    other.waitForResponse((r) => r.request().method() === "POST"), other.locator('main button[name=do][value="save"]').first().click(),
  ])
  must(conflict.status() === 409, `saving over somebody's work answered ${conflict.status()}`)
  must((await seen(other)).length > 0 && (await other.inputValue("[name=mine]")).includes("Un altro titolo"), "her text is not shown beside the other")
  await look(other, complaints, `office-${scripts ? "" : "plain-"}conflict`, { check: scripts })
  await other.close()

  // A draft saves itself; whoever has an older one before her is told, and her text stays where she writes it.
  if (scripts) {
    const late = await context.newPage()
    await late.goto(base + issue)
    await page.goto(base + issue)
    await page.fill('main textarea[name$=".text"]', "Scritto e mai salvato a mano.")
    await page.waitForFunction(() => /^Salvato alle \d\d:\d\d$/.test(document.querySelector("[data-saved]").textContent))
    await shot("autosaved")
    await late.fill('main textarea[name$=".text"]', "Scritto nella seconda finestra.")
    await late.waitForFunction(() => document.querySelector("[data-saved].field-error")?.textContent.includes("petra@borgo.example"))
    must((await late.inputValue('main textarea[name$=".text"]')) === "Scritto nella seconda finestra.", "the second window lost its text")
    await look(late, complaints, "office-autosave-late", { check: true })
    await late.close({ runBeforeUnload: false })
    await page.goto(base + issue)
    must((await page.inputValue('main textarea[name$=".text"]')) === "Scritto e mai salvato a mano.", "what was saved by itself is not there")

    // The session ends while she writes: she signs in on the page that she gets, and sends what she wrote.
    await context.clearCookies()
    await page.fill('main textarea[name$=".text"]', "Dal **3 dicembre** il teatro riapre. Scritto a sessione finita.")
    await press("save")
    await page.waitForSelector("[name=password]")
    await shot("session-over")
    await page.fill("[name=email]", email)
    await page.fill("[name=password]", password)
    await page.click("main button[type=submit]")
    await page.waitForSelector("form[data-kept]")
    await shot("send-again")
    await page.click("form[data-kept] button[type=submit]")
    await page.waitForURL("**/office/issues/*")
    must((await page.inputValue('main textarea[name$=".text"]')).endsWith("Scritto a sessione finita."), "what was sent after signing in is not there")
  }

  // Preview, audience with its live count, sending.
  await page.goto(`${base}${issue}/preview`)
  await shot("preview")
  for (const [kind, nth] of [["HTML", 0], ["text", 1]]) {
    const shown = await page.frameLocator("iframe").nth(nth).locator("body").innerText()
    must(shown.includes("Si torna tutti in sala"), `the ${kind} preview does not show the issue:\n${shown}`)
  }
  await page.goto(`${base}${issue}/audience`)
  if (scripts) {
    const counted = page.waitForResponse((r) => r.url().includes("/reach"))
    await page.fill("[name=audience]", 'place == "stazione"')
    await (await counted).finished()
  }
  await page.fill("[name=audience]", '"genitori" in who')
  await page.click("main form button[type=submit]")
  await page.waitForLoadState()
  must((await seen(page)).includes("genitore"), "the nearest word is not named")
  await shot("audience-error")
  await page.fill("[name=audience]", '"genitore" in who')
  await page.click("main form button[type=submit]")
  await page.waitForLoadState()
  await page.goto(`${base}${issue}/send`)
  await shot("send")
  // Two get it: a figure with noise mostly says that they are few, and then she confirms.
  const send = () => page.locator('main form[action$="/send"] button[type=submit]').first().click()
  await send()
  await page.waitForLoadState()
  if (await page.locator("[name=empty]").count()) {
    must((await seen(page)).includes("meno di 5"), "the page does not say that few get it")
    await shot("send-few")
    await tick(page, "[name=empty]")
    await send()
  }
  await page.waitForURL((u) => u.pathname === issue)
  await shot("sending")

  // Maria and Giulia are parents who get this newsletter.
  for (const to of ["maria@citta.example", "giulia@citta.example"]) {
    const mails = await (await fetch(`${post}/mails?to=${to}&n=1&subject=${encodeURIComponent("Prima")}`)).json()
    must(mails.length >= 1, `${to} got nothing`)
  }
  await sent(page, issue)
  await shot("sent")
  await page.goto(`${base}${issue}/statistics`)
  const numbers = await seen(page)
  must(/meno di 5|circa/i.test(numbers), "the statistics do not say about how many got it")
  await shot("statistics")

  await page.locator('form[action$="/office/sign-out"] button').first().click({ force: true }).catch(() => {})
  await context.close()
})

/** Waits until the page says that the issue was sent: by itself where scripts run, else by being asked again. */
async function sent(page, issue) {
  for (let asked = 0; asked < 100; asked++) {
    await page.goto(base + issue)
    if (!(await page.locator('[data-poll], [data-url*="/progress"]').count()) && /Spedito/i.test(await seen(page))) return
  }
  throw new Error("the issue never became sent")
}
