// What pages need of the browser itself and Streamlit leaves out: a table that scrolls can be
// reached by keyboard.
const SCROLLERS = "[data-testid=stTable] > div"

function reachable(box) {
  const scrolls = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight
  if (scrolls) box.tabIndex = 0
  else box.removeAttribute("tabindex")
}

const sizes = new ResizeObserver((changes) => changes.forEach((change) => reachable(change.target)))
const seen = new WeakSet()

new MutationObserver(() => {
  for (const box of document.querySelectorAll(SCROLLERS)) {
    if (seen.has(box)) continue
    seen.add(box)
    reachable(box)
    sizes.observe(box)
    if (box.firstElementChild) sizes.observe(box.firstElementChild)
  }
}).observe(document, { childList: true, subtree: true })
