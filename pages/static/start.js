// Runs before Streamlit's own code: where the server is, and which language is being read.
// This file is two folders below it, whatever prefix the portal's addresses have.
window.__streamlit = { BACKEND_BASE_URL: new URL("../../", document.currentScript.src).href }
const asked = new URLSearchParams(window.location.search).get("lang") || navigator.language || "pt"
document.documentElement.lang = asked.toLowerCase().startsWith("pt") ? "pt-BR" : "en"
