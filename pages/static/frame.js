// What pages need of the browser itself and Streamlit leaves out: a table that scrolls can be
// reached by keyboard, icons in texts are not read out, and the address of a view can be copied.
const SCROLLERS = "[data-testid=stTable] > div"
const ICONS = "[role=img][aria-label$=' icon']:not([aria-hidden])"

function reachable(box) {
  const scrolls = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight
  if (scrolls) box.tabIndex = 0
  else box.removeAttribute("tabindex")
}

const sizes = new ResizeObserver((changes) => changes.forEach((change) => reachable(change.target)))
const seen = new WeakSet()

// Where a file is dropped has a name, and Streamlit says at the same time that it means nothing.
const DROPZONE = "[data-testid=stFileUploaderDropzone][role=presentation]"

new MutationObserver(() => {
  for (const box of document.querySelectorAll(SCROLLERS)) {
    if (seen.has(box)) continue
    seen.add(box)
    reachable(box)
    sizes.observe(box)
    if (box.firstElementChild) sizes.observe(box.firstElementChild)
  }
  // Icons in texts stand beside words, and their names are English.
  for (const icon of document.querySelectorAll(ICONS)) icon.setAttribute("aria-hidden", "true")
  for (const place of document.querySelectorAll(DROPZONE)) place.setAttribute("role", "group")
}).observe(document, { childList: true, subtree: true })

// A view is shared by its address, with the publication that it is of. Without a clipboard, as over
// plain HTTP, the link is opened instead and the browser's own address bar has it.
async function share(link) {
  const address = new URL(window.location.href)
  address.searchParams.set("p", link.dataset.publication)
  link.href = address.href
  if (!navigator.clipboard) return window.location.assign(address)
  await navigator.clipboard.writeText(address.href)
  const text = link.querySelector(".farol-share-text")
  const before = link.dataset.text ||= text.textContent
  text.textContent = link.querySelector("[role=status]").textContent = link.dataset.done
  setTimeout(() => {
    text.textContent = before
    link.querySelector("[role=status]").textContent = ""
  }, 3000)
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.(".farol-share")
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return
  event.preventDefault()
  share(link)
})

// What somebody does once is one step of the browser's history. Streamlit adds an entry for the
// page, for each parameter and for what an overtaken run had to say, sometimes with the parameters
// of one page under the path of another: only the first is added, the rest takes its place.
let added = true // with the document, or by going back
addEventListener("popstate", () => (added = true))
for (const kind of ["click", "keydown", "input"]) addEventListener(kind, () => (added = false), true)
const push = history.pushState
history.pushState = (...entry) => {
  ;(added ? history.replaceState : push).apply(history, entry)
  added = true
}
