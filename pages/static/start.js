// Runs before Streamlit's own code: where the server is, and which language is being read; words.js
// follows a language that is chosen later. This file is two folders below the server's address,
// whatever prefix the portal's addresses have.
window.__streamlit = { BACKEND_BASE_URL: new URL("../../", document.currentScript.src).href }
const asked = new URLSearchParams(window.location.search).get("lang") || ""
const begins = /^(pt[-_]br|en)$/i.test(asked) ? asked : navigator.language || "pt"
document.documentElement.lang = begins.toLowerCase().startsWith("pt") ? "pt-BR" : "en"
