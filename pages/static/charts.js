// The picture of a chart, made here: Plotly's own export, with a title and with where it came from.
// A button with data-farol-picture names the chart by its key.
const MARGIN = { top: 64, bottom: 56 }

function picture(chart, title, caption) {
  const before = chart.layout
  const line = { showarrow: false, xref: "paper", yref: "paper", x: 0, xanchor: "left" }
  const margin = before.margin || {}
  chart.layout = {
    ...before,
    title: undefined,
    margin: { ...margin, l: 64, r: 24, t: (margin.t || 0) + MARGIN.top, b: (margin.b || 0) + MARGIN.bottom },
    annotations: [
      ...(before.annotations || []),
      { ...line, text: `<b>${plain(title)}</b>`, y: 1, yanchor: "bottom", yshift: 40, font: { size: 18 } },
      { ...line, text: plain(caption), y: 0, yanchor: "top", yshift: -56, font: { size: 11 } },
    ],
  }
  return before
}

function plain(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
}

document.addEventListener("click", (event) => {
  const button = event.target.closest && event.target.closest("[data-farol-picture]")
  if (!button) return
  const place = document.querySelector(`.st-key-${CSS.escape(button.dataset.farolPicture)}`)
  const chart = place && place.querySelector(".js-plotly-plot")
  const tool = chart && chart.querySelector(".modebar-btn")
  if (!tool) return
  // Plotly copies the layout before its click returns.
  const before = picture(chart, button.dataset.title || "", button.dataset.caption || "")
  try {
    tool.click()
  } finally {
    chart.layout = before
  }
})
