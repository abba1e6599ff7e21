// The tour: every page of the route inventory, wide and narrow, as the administrator sees it.
// Task: {base, account: {email, password}, cookies: [{name, value}], pages: [{name, path}]}. The cookies open a citizen's
// own page as well.
import { look, signIn, task, windowOf, withBrowser } from "./look.mjs"

const { base, account, cookies, pages } = await task()
const height = 900

await withBrowser(async (browser, complaints) => {
  const left = [...pages]
  const guide = async () => {
    const context = await windowOf(browser, complaints, { where: "tour" })
    await context.addCookies(cookies.map(({ name, value }) => ({ name, value, url: base })))
    const page = await context.newPage()
    await signIn(page, base, account)
    for (let stop = left.shift(); stop; stop = left.shift()) {
      const answer = await page.goto(base + stop.path, { waitUntil: "load" })
      if (answer?.status() !== 200) complaints.push(`${stop.name} ${stop.path}: status ${answer?.status()}`)
      for (const width of [1280, 375]) {
        await page.setViewportSize({ width, height })
        await look(page, complaints, stop.name)
      }
      await page.setViewportSize({ width: 1280, height })
    }
    await context.close()
  }
  await Promise.all([guide(), guide()])
})
