// Links inside a table of the page lead to the same page with other parameters: Streamlit runs it
// again as when somebody goes back, instead of loading the document anew. Without this script, or
// in another tab, they are links like any other.
{
let awaited = null // what gets the focus once the page is drawn, unless the reader goes on elsewhere

function land() {
  const drawn = document.querySelector('[data-testid="stApp"][data-test-script-state="notRunning"]')
  const target = awaited.to
    ? document.querySelector(`.st-key-${CSS.escape(awaited.to)} :is(h2, [role=alert])`)
    : document.getElementById(awaited.id)
  // A run that follows may draw the target anew, which then has lost the focus to nobody.
  const isFree = !awaited.landed || document.activeElement === document.body
  if (!drawn || !awaited.began || !target || !isFree) return
  if (awaited.to) target.tabIndex = -1
  target.focus({ preventScroll: !awaited.to })
  awaited.landed = true
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a.farol-go")
  if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
  event.preventDefault()
  awaited = { id: link.id, to: link.dataset.to, began: false }
  history.pushState(null, "", link.href)
  dispatchEvent(new PopStateEvent("popstate", { state: null }))
})

for (const goingOn of ["pointerdown", "keydown"]) document.addEventListener(goingOn, () => (awaited = null), true)

new MutationObserver((changes) => {
  if (!awaited) return
  // A browser that is busy draws a short run at once, and is never told that it began.
  if (changes.some(({ type, target }) => type === "attributes" || target.closest?.("[data-testid=stMain]"))) awaited.began = true
  land()
}).observe(document, { attributes: true, childList: true, subtree: true, attributeFilter: ["data-test-script-state"] })
}
