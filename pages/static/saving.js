// Saves a file that was asked for as soon as the page has it, once: the planner's click came
// before the rows were marked, and the file only exists after that.
const savedFiles = new Set()
new MutationObserver(() => {
  for (const place of document.querySelectorAll('[class*="st-key-farol-save-now-"]')) {
    const button = place.querySelector("button")
    const name = [...place.classList].find((each) => each.startsWith("st-key-farol-save-now-"))
    if (!button || savedFiles.has(name)) continue
    savedFiles.add(name)
    button.click()
  }
}).observe(document.documentElement, { childList: true, subtree: true })
