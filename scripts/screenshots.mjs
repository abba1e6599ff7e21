// Takes the pictures of the documents from the demonstration (`make screenshots`, after `make build`), or with --list
// prints what they show (`make generate`).
import { spawn } from "node:child_process"
import { mkdtemp, mkdir, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import path from "node:path"
import { chromium } from "playwright-core"

// Every picture: its name, what it shows, and how to come there from the page before.
const pictures = [
  ["home", "The home page of a town", (page) => page.goto(base)],
  ["sign-up", "Signing up, first step: chi sei?", (page) => page.goto(`${base}/join`)],
  ["office", "The office: what waits, what goes out, what went out", async (page) => {
    await page.goto(`${base}/office/sign-in`)
    await page.fill("input[name=email]", "anna.ferrari@borgopanaro.example")
    await page.fill("input[name=password]", "una frase per provare")
    await page.click("main button[type=submit]")
    await page.waitForURL(`${base}/office`)
  }],
  ["editor", "Writing an issue", async (page) => {
    await page.click("main table a >> nth=0")
    await page.waitForURL(/office.issues/)
  }],
  ["statistics", "The numbers of an issue", async (page) => {
    await page.goto(`${base}/office`)
    await page.getByRole("link", { name: "Wi-Fi gratuito in dodici punti della città" }).click()
    await page.getByRole("link", { name: "Statistiche" }).click()
    await page.waitForURL(/statistics/)
  }],
]

const folder = path.resolve("docs/screenshots")
const port = 8095
const base = `http://localhost:${port}`

if (process.argv.includes("--list")) {
  console.log("# Pictures\n\nTaken from the running demonstration by `make screenshots`; this list is written by `make generate`.\n")
  for (const [name, shows] of pictures) console.log(`- [${name}.png](${name}.png): ${shows}`)
} else {
  await fromDemo(take)
}

// fromDemo starts the demonstration with a data folder of its own, for as long as task takes.
async function fromDemo(task) {
  const data = await mkdtemp(path.join(tmpdir(), "unoxuno-pictures-"))
  await rm(data, { recursive: true })
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
    await task()
  } finally {
    demo.removeAllListeners("exit")
    demo.kill("SIGTERM")
    await rm(data, { recursive: true, force: true })
  }
}

async function take() {
  await mkdir(folder, { recursive: true })
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync", "--lang=it-IT"],
  })
  const page = await browser.newPage({ viewport: { width: 1200, height: 800 }, locale: "it-IT" })
  for (const [name, , go] of pictures) {
    await go(page)
    await page.screenshot({ path: path.join(folder, `${name}.png`) })
  }
  await browser.close()
}
