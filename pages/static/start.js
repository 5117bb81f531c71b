// Runs before Streamlit's own code: where the server is, and which language is being read.
window.__streamlit = { BACKEND_BASE_URL: new URL("/", window.location.href).href }
const asked = new URLSearchParams(window.location.search).get("lang") || navigator.language || "pt"
document.documentElement.lang = asked.toLowerCase().startsWith("pt") ? "pt-BR" : "en"
