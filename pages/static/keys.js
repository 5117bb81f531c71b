// Keys of the list of what to do. They work only while the focus is inside the list; what they do,
// its buttons, ticks and links do as well.
{
const LIST = ".st-key-farol-list"
const CARD = `${LIST} [class*="st-key-farol-card-"]`
const DIALOG = '[role="dialog"]'
const DRAWN = '[data-testid="stApp"][data-test-script-state="notRunning"]'
const TYPING = 'textarea, select, [contenteditable], input:not([type="checkbox"])'
const LINK = '[data-testid="stPageLink"] a'
const LEFT = "farol.left"

let place = 0 // of the card that has the focus, or had it before a dialog or a new page
let awaited = "" // where the focus goes once the list has changed: "first", "last" or "here"
let before = "" // the cards that were last seen
let turning = 0 // since when a page is being turned; what is pressed meanwhile waits for its rows
let leaving = 0 // since when a dialog or another page is awaited; what is pressed meanwhile is lost
let setting // all ticks of this page to what, and since when; what is pressed meanwhile waits for them
const waiting = []
const PATIENCE_MS = 5000
const [navigation] = performance.getEntriesByType("navigation")
let returning = navigation?.type === "back_forward" // to a list that was left before

const cards = () => [...document.querySelectorAll(CARD)]
const name = (card) => [...card.classList].find((each) => each.startsWith("st-key-"))
const rank = (named) => Number(/\d+$/.exec(named ?? "")?.[0] ?? 0)
const control = (root, key) => root?.querySelector(`[class*="st-key-${key}"] :is(input, button, a)`)
const landing = (card) => control(card, "farol-tick-") || control(card, "farol-mark-")
const list = () => document.querySelector(LIST)

function land(card) {
  landing(card)?.focus({ preventScroll: true })
  card?.scrollIntoView({ block: "nearest" })
}

function turn(step) {
  const button = list().querySelector(`[data-testid="stPagination${step > 0 ? "Next" : "Prev"}"]`)
  if (!button || button.disabled) return
  awaited = step > 0 ? "first" : "last"
  turning = Date.now()
  button.click()
}

function go(step) {
  const all = cards()
  const next = all[place + step]
  if (next) land(next)
  else turn(step)
}

function tick() {
  const box = control(cards()[place], "farol-tick-")
  if (!box) return
  box.click()
  go(1)
}

const press = (key, root = list()) => control(root, key)?.click()

function leave(element) {
  if (!element) return
  leaving = Date.now()
  element.click()
}

const keys = {
  j: () => go(1),
  ArrowDown: () => go(1),
  k: () => go(-1),
  ArrowUp: () => go(-1),
  x: tick,
  X: () => press("farol-tick-page"),
  n: () => turn(1),
  p: () => turn(-1),
  o: () => leave(cards()[place]?.querySelector(LINK)),
  s: () => leave(control(cards()[place], "farol-mark-")),
  S: () => leave(control(list(), "farol-mark-ticked")),
  t: () => leave(control(list(), "farol-take")),
}
const MOVES = [keys.j, keys.k, keys.ArrowDown, keys.ArrowUp]

const since = (time) => Date.now() - time < PATIENCE_MS

// The key that is meant: a capital is one that Shift is held for, whatever Caps Lock says.
function meant(event) {
  const { key, shiftKey } = event
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return ""
  if (event.getModifierState("AltGraph") || (key.length > 1 && shiftKey)) return ""
  if (key.length > 1 || !event.getModifierState("CapsLock")) return key
  return shiftKey ? key.toUpperCase() : key.toLowerCase()
}

document.addEventListener("keydown", (event) => {
  // Rows that leave with their page, and a button that has nothing left to untick, take the focus
  // with them.
  const underway = since(turning) || setting
  const inside = event.target.closest?.(LIST) || (underway && event.target === document.body)
  const act = keys[meant(event)]
  if (!inside || !act || event.target.closest(TYPING)) return
  event.preventDefault()
  // A key that is held down goes on from row to row, and does nothing else twice.
  const held = event.repeat && (since(turning) || !MOVES.includes(act))
  if (held || since(leaving)) return
  if (underway) waiting.push(act)
  else act()
})

function goOn() {
  while (waiting.length && !turning && !setting) waiting.shift()()
}

function arrive(card) {
  turning = 0
  awaited = "here"
  land(card)
  goOn()
}

// Ticks that the server sets reach the browser one by one. Whatever is sent before the last of them
// has come tells the server that the others were not meant.
document.addEventListener(
  "change",
  (event) => {
    if (!event.target.closest(`${LIST} [class*="st-key-farol-tick-page-"]`)) return
    setting = { to: event.target.checked, since: Date.now() }
    look()
  },
  { capture: true },
)

const isSet = (card) => {
  const box = control(card, "farol-tick-")
  return !box || box.checked === setting.to
}

function set() {
  if (!setting) return
  const all = document.querySelector(DRAWN) && cards().every(isSet)
  if (all || !since(setting.since)) {
    setting = undefined
    goOn()
  } else look()
}

document.addEventListener(
  "click",
  (event) => {
    const pressed = event.target
    if (pressed.closest?.(`${LIST} .st-key-farol-untick button`) && !setting)
      setting = { to: false, since: Date.now() }
    else if (setting && event.isTrusted && pressed.closest?.(LIST)) {
      event.preventDefault()
      event.stopPropagation()
      waiting.push(() => pressed.click())
    }
  },
  { capture: true },
)

document.addEventListener("focusin", (event) => {
  const all = cards()
  const at = all.findIndex((card) => card.contains(event.target))
  if (at >= 0) {
    place = at
    sessionStorage.setItem(LEFT, name(all[at]))
  }
  // A row that is put aside takes the focus with it, and a dialog doesn't know where to leave it.
  if (event.target.closest(`${LIST}, ${DIALOG}`)) awaited ||= "here"
  else awaited = ""
})

document.addEventListener("focusout", (event) => {
  if (event.relatedTarget) return
  // Somebody pressed beside everything: the focus is meant to be nowhere.
  setTimeout(() => {
    const left = document.activeElement === document.body && event.target.isConnected
    if (left && awaited === "here" && !document.querySelector(DIALOG)) awaited = ""
  })
})

// A tick is answered once the address has it. A page that is opened before is never opened: its run
// and that of the tick become one.
function isTicked(row) {
  const text = new URLSearchParams(location.search).get("ticked") ?? ""
  const spans = text.split(",").map((span) => span.split("-").map(Number))
  return spans.some(([first, last = first]) => first <= row && row <= last)
}

const isAnswered = (card) => {
  const box = control(card, "farol-tick-")
  return !box || box.checked === isTicked(rank(name(card)))
}
const answered = () => document.querySelector(DRAWN) && cards().every(isAnswered)

let held = "" // where the link is that was pressed before its time

document.addEventListener(
  "click",
  (event) => {
    const link = event.target.closest?.(`${LIST} ${LINK}`)
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || cards().every(isAnswered)) return
    event.preventDefault()
    event.stopPropagation()
    leaving = Date.now()
    held = name(link.closest('[class*="st-key-"]'))
  },
  { capture: true },
)

function release() {
  if (!held || !answered()) return
  const link = since(leaving) && document.querySelector(`.${held} ${LINK}`)
  held = ""
  if (link) link.click()
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a")
  const card = link?.closest(CARD)
  if (card) sessionStorage.setItem(LEFT, name(card))
  if (link) returning = Boolean(link.closest(".st-key-part-neighbours"))
})
addEventListener("popstate", () => (returning = true))

// What was done is told aloud from a place that stays where it is.
const told = document.createElement("div")
told.className = "farol-unseen"
told.role = "status"

function settle() {
  const said = document.querySelector(".farol-said")?.textContent ?? ""
  if (told.textContent !== said) told.textContent = said
  const all = cards()
  if (document.querySelector(DIALOG) || !all.length) leaving = 0
  release()
  set()
  if (document.querySelector(DIALOG) || !document.querySelector(DRAWN)) return
  const now = all.map(name).join(" ")
  if (now && !before) {
    if (returning) back(all)
    returning = false
  } else if (turning) {
    if (now !== before) arrive(awaited === "last" ? all.at(-1) : all[0])
  } else if (awaited && document.activeElement === document.body)
    land(all[Math.min(place, all.length - 1)])
  before = now
}

// Back from wherever, the list is where it was left: at that row, or at the next if it is gone.
function back(all) {
  const left = rank(sessionStorage.getItem(LEFT))
  const card = left && (all.find((each) => rank(name(each)) >= left) ?? all.at(-1))
  if (!card) return
  card.querySelector(LINK)?.focus({ preventScroll: true })
  card.scrollIntoView({ block: "center" })
}

let frame = 0
function look() {
  frame ||= requestAnimationFrame(() => {
    frame = 0
    settle()
  })
}
new MutationObserver(look).observe(document.documentElement, {
  attributeFilter: ["data-test-script-state"],
  characterData: true,
  childList: true,
  subtree: true,
})
document.addEventListener("DOMContentLoaded", () => document.body.append(told))
}
