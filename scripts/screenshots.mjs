// Takes the pictures of README.md from the demonstration, which it starts with a data folder of its own.
// Run by `make screenshots`, after `make build`.
import { spawn } from "node:child_process"
import { mkdtemp, mkdir, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import path from "node:path"
import { chromium } from "playwright-core"

const folder = path.resolve("docs/screenshots")
const port = 8095
const base = `http://localhost:${port}`
const data = await mkdtemp(path.join(tmpdir(), "unoxuno-pictures-"))
await rm(data, { recursive: true })
await mkdir(folder, { recursive: true })

const demo = spawn("bin/unoxuno", ["demo", "--data", data, "--listen", `127.0.0.1:${port}`], {
  env: { ...process.env, LANG: "en_GB.UTF-8" },
})
try {
  await new Promise((resolve, reject) => {
    let said = ""
    demo.stdout.on("data", (text) => {
      said += text
      if (said.includes("The town is open")) resolve()
    })
    demo.on("exit", (code) => reject(new Error(`the demonstration ended with ${code}`)))
  })
  await take()
} finally {
  demo.removeAllListeners("exit")
  demo.kill("SIGTERM")
  await rm(data, { recursive: true, force: true })
}

async function take() {
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync", "--lang=it-IT"],
  })
  const page = await browser.newPage({ viewport: { width: 1200, height: 800 }, locale: "it-IT" })
  const picture = (name) => page.screenshot({ path: path.join(folder, `${name}.png`) })

  await page.goto(base)
  await picture("home")
  await page.goto(`${base}/join`)
  await picture("sign-up")
  await page.goto(`${base}/office/sign-in`)
  await page.fill("input[name=email]", "anna.ferrari@borgopanaro.example")
  await page.fill("input[name=password]", "una frase per provare")
  await page.click("main button[type=submit]")
  await page.waitForURL(`${base}/office`)
  await picture("office")
  await page.click("main table a >> nth=0")
  await page.waitForURL(/office.issues/)
  await picture("editor")
  await page.goto(`${base}/office`)
  await page.getByRole("link", { name: "Wi-Fi gratuito in dodici punti della città" }).click()
  await page.getByRole("link", { name: "Statistiche" }).click()
  await page.waitForURL(/statistics/)
  await picture("statistics")
  await browser.close()
}
