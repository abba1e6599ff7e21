// The tour: every page of the route inventory, wide and narrow, as the administrator sees it.
// Task: {base, account: {email, password}, pages: [{name, path}]}.
import { look, signIn, task, windowOf, withBrowser } from "./look.mjs"

const { base, account, pages } = await task()
await withBrowser(async (browser, complaints) => {
  await Promise.all([1280, 375].map(async (width) => {
    const context = await windowOf(browser, complaints, { width, where: "tour" })
    const page = await context.newPage()
    await signIn(page, base, account)
    for (const { name, path } of pages) {
      const answer = await page.goto(base + path, { waitUntil: "load" })
      if (!answer || answer.status() !== 200) complaints.push(`${name} ${path}: status ${answer?.status()}`)
      await look(page, complaints, name)
    }
    await context.close()
  }))
})
