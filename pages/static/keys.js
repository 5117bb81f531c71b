// Keys of the list of what to do. They work only while the focus is inside the list; what they do,
// its buttons, ticks and links do as well.
{
const LIST = ".st-key-farol-list"
const CARD = `${LIST} [class*="st-key-farol-card-"]`
const DIALOG = '[role="dialog"]'
const DRAWN = '[data-testid="stApp"][data-test-script-state="notRunning"]'
const TYPING = 'textarea, select, [contenteditable], input:not([type="checkbox"])'
const OPENED = "farol.opened"

let place = 0 // of the card that has the focus, or had it before a dialog or a new page
let awaited = "" // where the focus goes once the list has changed: "first", "last" or "here"
let before = "" // the cards that were last seen
let turning = 0 // since when a page is being turned; what is pressed meanwhile waits for its rows
const waiting = []
const PATIENCE_MS = 5000

const cards = () => [...document.querySelectorAll(CARD)]
const name = (card) => [...card.classList].find((each) => each.startsWith("st-key-"))
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

const open = () => cards()[place]?.querySelector('[data-testid="stPageLink"] a')?.click()
const press = (key) => control(list(), key)?.click()
const keys = {
  j: () => go(1),
  ArrowDown: () => go(1),
  k: () => go(-1),
  ArrowUp: () => go(-1),
  x: tick,
  X: () => press("farol-tick-page"),
  a: () => press("farol-tick-page"),
  n: () => turn(1),
  p: () => turn(-1),
  o: open,
  s: () => control(cards()[place], "farol-mark-")?.click(),
  S: () => press("farol-mark-ticked"),
  t: () => press("farol-take"),
}

const turns = () => Date.now() - turning < PATIENCE_MS

document.addEventListener("keydown", (event) => {
  // Rows that leave with their page take the focus with them.
  const inside = event.target.closest?.(LIST) || (turns() && event.target === document.body)
  const act = keys[event.key]
  if (!inside || !act || event.target.closest(TYPING)) return
  if (event.ctrlKey || event.altKey || event.metaKey) return
  event.preventDefault()
  if (turns()) waiting.push(act)
  else act()
})

function arrive(card) {
  turning = 0
  awaited = "here"
  land(card)
  while (waiting.length && !turning) waiting.shift()()
}

document.addEventListener("focusin", (event) => {
  const at = cards().findIndex((card) => card.contains(event.target))
  if (at >= 0) place = at
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

document.addEventListener("click", (event) => {
  const card = event.target.closest(`${CARD} [data-testid="stPageLink"] a`)?.closest(CARD)
  if (card) sessionStorage.setItem(OPENED, name(card))
})

// What was done is told aloud from a place that stays where it is.
const told = document.createElement("div")
told.className = "farol-unseen"
told.role = "status"

function settle() {
  const said = document.querySelector(".farol-said")?.textContent ?? ""
  if (told.textContent !== said) told.textContent = said
  if (document.querySelector(DIALOG) || !document.querySelector(DRAWN)) return
  const all = cards()
  const now = all.map(name).join(" ")
  if (now && !before) back(all)
  else if (turning) {
    if (now !== before) arrive(awaited === "last" ? all.at(-1) : all[0])
  } else if (awaited && document.activeElement === document.body)
    land(all[Math.min(place, all.length - 1)])
  before = now
}

// Back from a part, the list is where it was left.
function back(all) {
  const opened = sessionStorage.getItem(OPENED)
  sessionStorage.removeItem(OPENED)
  const card = all.find((each) => name(each) === opened)
  if (!card) return
  card.querySelector('[data-testid="stPageLink"] a')?.focus({ preventScroll: true })
  card.scrollIntoView({ block: "center" })
}

let frame = 0
new MutationObserver(() => {
  frame ||= requestAnimationFrame(() => {
    frame = 0
    settle()
  })
}).observe(document.documentElement, {
  attributeFilter: ["data-test-script-state"],
  characterData: true,
  childList: true,
  subtree: true,
})
document.addEventListener("DOMContentLoaded", () => document.body.append(told))
}
