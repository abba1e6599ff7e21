// Comfort for readers whose browser runs scripts; no page needs it. Every part is asked for by a data- attribute that
// package ui writes, and works on whatever is inside `root`, so that fragments fetched later get it too.
//
// This is less than a tenth of htmx, which would bring its own inline styles and evaluation to switch off, for the
// two things wanted of it: a fragment that renews itself, and one that follows a form.

const fetched = { headers: { "X-Requested-With": "fetch" }, credentials: "same-origin" } as const

/** Calls enhance with each element inside root, or root itself, that has the attribute. */
function each<E extends HTMLElement>(root: ParentNode, attribute: string, enhance: (element: E, value: string) => void): void {
  const found = [...root.querySelectorAll<E>(`[${attribute}]`)]
  if (root instanceof HTMLElement && root.hasAttribute(attribute)) found.unshift(root as E)
  for (const element of found) enhance(element, element.getAttribute(attribute) ?? "")
}

/** data-toggle="#menu": opens and closes the menu of a small screen. */
function toggles(root: ParentNode): void {
  each(root, "data-toggle", (button, selector) => {
    const target = document.querySelector(selector)
    if (!target) return
    const set = (open: boolean) => {
      target.classList.toggle("open", open)
      button.setAttribute("aria-expanded", String(open))
    }
    button.addEventListener("click", () => set(!target.classList.contains("open")))
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !target.classList.contains("open")) return
      set(false)
      button.focus()
    })
    // A closed menu cannot be skipped to: the skip link opens it first.
    each(document, `href="${selector}"`, (link) => link.addEventListener("click", () => set(true)))
  })
}

/** data-confirm="Question?" on a button: asks before its form is sent. */
function confirmations(root: ParentNode): void {
  each(root, "data-confirm", (button, question) => {
    button.addEventListener("click", (event) => {
      if (!window.confirm(question)) event.preventDefault()
    })
  })
}

/** data-copy="#field" on a button: copies the field's text and says so. */
function copies(root: ParentNode): void {
  each<HTMLButtonElement>(root, "data-copy", (button, selector) => {
    const field = document.querySelector<HTMLInputElement>(selector)
    const label = button.querySelector("span")
    if (!field || !label || !navigator.clipboard) return
    button.hidden = false
    label.setAttribute("aria-live", "polite")
    const before = label.textContent
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(field.value)
      label.textContent = button.dataset.done ?? before
      window.setTimeout(() => { label.textContent = before }, 2500)
    })
  })
}

/** data-guard on a form: the browser asks before leaving with changes that were not sent. */
function guards(root: ParentNode): void {
  each<HTMLFormElement>(root, "data-guard", (form) => {
    let changed = false
    form.addEventListener("input", () => { changed = true })
    form.addEventListener("saved", () => { changed = false })
    document.addEventListener("submit", () => { changed = false })
    window.addEventListener("beforeunload", (event) => {
      if (changed) event.preventDefault()
    })
  })
}

/** The fragment at url, or null where there is nothing new to show: offline, signed out, an error. */
async function fragment(url: string, signal?: AbortSignal, posted?: URLSearchParams): Promise<string | null> {
  try {
    const answer = await fetch(url, { ...fetched, signal, ...(posted && { method: "POST", body: posted }) })
    const isFragment = answer.status === 200 && !answer.redirected
    return isFragment ? await answer.text() : null
  } catch {
    return null
  }
}

function parse(html: string): HTMLElement | null {
  const template = document.createElement("template")
  template.innerHTML = html
  return template.content.firstElementChild as HTMLElement | null
}

/** Finds the link or the form's button within element that has the focus again, once its content has been replaced. */
function focusedWithin(element: HTMLElement): string | null {
  const focused = document.activeElement
  if (!focused || !element.contains(focused)) return null
  const href = focused.getAttribute("href")
  if (href) return `a[href="${CSS.escape(href)}"]`
  const action = focused.closest("form")?.getAttribute("action")
  return action ? `form[action="${CSS.escape(action)}"] button` : null
}

/** data-poll="url" data-every="seconds": is replaced by the fragment at url while that, too, asks to be. */
function polls(root: ParentNode): void {
  each(root, "data-poll", (element, url) => {
    const pause = 1000 * Math.max(1, Number(element.dataset.every) || 3)
    const renew = async () => {
      if (!element.isConnected) return
      const html = document.hidden ? null : await fragment(url)
      const fresh = html === null ? null : parse(html)
      if (!fresh) {
        window.setTimeout(renew, pause)
        return
      }
      // The live region stays and its content changes: a replaced region is not announced.
      const focused = focusedWithin(element)
      element.replaceChildren(...(fresh.hasAttribute("data-poll") ? fresh.childNodes : [fresh]))
      enhance(element)
      if (focused) element.querySelector<HTMLElement>(focused)?.focus()
      if (fresh.hasAttribute("data-poll")) window.setTimeout(renew, pause)
    }
    element.removeAttribute("data-poll")
    window.setTimeout(renew, pause)
  })
}

/** data-live="url": follows the form around it, once the reader has stopped typing for a moment. */
function lives(root: ParentNode): void {
  each(root, "data-live", (element, url) => {
    const form = element.closest("form")
    if (!form) return
    let timer = 0
    let running: AbortController | undefined
    const renew = async () => {
      running?.abort()
      running = new AbortController()
      const html = await fragment(url, running.signal, answers(form))
      if (html !== null) element.innerHTML = html
    }
    form.addEventListener("input", () => {
      window.clearTimeout(timer)
      timer = window.setTimeout(renew, 600) // half-typed text is not counted
    })
  })
}

/** data-autosave on a form: saves it in the pauses of whoever writes, and says so in the form's data-saved region. Its
 * version goes along: where somebody else saved first, the server refuses, the region says who, and nothing here changes
 * until the writer saves herself and is shown both. */
function saves(root: ParentNode): void {
  each<HTMLFormElement>(root, "data-autosave", (form) => {
    const note = form.querySelector<HTMLElement>("[data-saved]")
    const version = form.elements.namedItem("version")
    if (!note || !(version instanceof HTMLInputElement)) return
    let timer = 0
    let saving = false
    let changed = false
    let over = false
    let pressed: HTMLElement | null | undefined // the button that waits for a saving under way
    const later = (ms: number) => {
      window.clearTimeout(timer)
      if (!over) timer = window.setTimeout(save, ms)
    }
    const say = (text: string, wrong: boolean) => {
      note.classList.toggle("field-error", wrong)
      note.textContent = text
    }
    const save = async () => {
      if (saving || over) return
      saving = true
      changed = false
      const answers = new URLSearchParams()
      for (const [name, value] of new FormData(form)) if (typeof value === "string") answers.append(name, value)
      answers.set("do", "autosave")
      try {
        const answer = await fetch(form.action, { method: "POST", body: answers, credentials: "same-origin", headers: { Accept: "application/json" } })
        const said = await answer.json()
        if (answer.ok) {
          version.value = said.version
          say(said.text, false)
          if (!changed) form.dispatchEvent(new Event("saved"))
        } else {
          say(said.detail, true)
          over = answer.status === 409 || answer.status === 403 || answer.status === 404
          if (answer.status >= 500 || answer.status === 429) later(15000)
        }
      } catch {
        say(note.dataset.offline ?? "", true)
        later(15000)
      }
      saving = false
      if (pressed !== undefined) form.requestSubmit(pressed)
      else if (changed) later(2500)
    }
    form.addEventListener("input", () => {
      changed = true
      later(2500)
    })
    form.addEventListener("submit", (event) => {
      window.clearTimeout(timer)
      if (saving && pressed === undefined) {
        event.preventDefault()
        event.stopImmediatePropagation()
        pressed = event.submitter
        return
      }
      over = true
    })
  })
}

/** The form’s answers; files and secrets stay out. */
function answers(form: HTMLFormElement): URLSearchParams {
  const given = new URLSearchParams()
  for (const [name, value] of new FormData(form)) {
    const field = form.elements.namedItem(name)
    const secret = field instanceof HTMLInputElement && field.type === "password"
    if (typeof value === "string" && !secret) given.append(name, value)
  }
  return given
}

function enhance(root: ParentNode): void {
  confirmations(root)
  copies(root)
  guards(root)
  polls(root)
  lives(root)
  saves(root)
}

toggles(document)
enhance(document)
document.querySelector<HTMLElement>("[data-focus]")?.focus()
