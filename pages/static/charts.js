// The picture of a chart, made in the browser by Plotly's own export: with its title, and with where
// it came from. A button with data-farol-picture names the chart by its key.
const HEAD_PX = 44
const FOOT_PX = 72

function plain(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
}

function withOrigin(chart, title, caption) {
  const color = getComputedStyle(chart).color
  const line = { showarrow: false, xref: "paper", yref: "paper", x: 0, xanchor: "left" }
  const { margin = {}, annotations = [] } = chart.layout
  return {
    ...chart.layout,
    margin: { l: 56, r: 40, t: (margin.t || 0) + HEAD_PX, b: FOOT_PX },
    annotations: [
      ...annotations,
      { ...line, text: `<b>${plain(title)}</b>`, y: 1, yanchor: "bottom", yshift: 32, font: { size: 18, color } },
      { ...line, text: plain(caption), y: 0, yanchor: "top", yshift: -44, font: { size: 11, color } },
    ],
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-farol-picture]")
  if (!button) return
  const { farolPicture, title = "", caption = "" } = button.dataset
  const chart = document.querySelector(`.st-key-${CSS.escape(farolPicture)} .js-plotly-plot`)
  const tool = chart?.querySelector(".modebar-btn")
  if (!tool) return
  const shown = chart.layout
  // Plotly copies the layout before its click returns.
  chart.layout = withOrigin(chart, title, caption)
  try {
    tool.click()
  } finally {
    chart.layout = shown
  }
})
