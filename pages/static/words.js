// What Streamlit itself says, in the language that the page is read in. Streamlit speaks English
// alone; this changes its texts, names and hints where they appear, and what it changed back when the
// language is changed. Texts of the pages come from their catalogue, and what was published or typed
// is nobody's to change, though it be a word of Streamlit's: both are left alone.
const WORDS = {
  "Skip to main content": "Pular para o conteúdo",
  "Navigate to home page": "Ir para a página inicial",
  "App Logo": "Farol",
  "Header Logo": "Farol",
  "Sidebar Logo": "Farol",
  "Logo": "Farol",
  "App pages": "Páginas",
  "Sidebar": "Barra lateral",
  "Expand sidebar": "Abrir a barra lateral",
  "Collapse sidebar": "Fechar a barra lateral",
  "Open sidebar": "Abrir a barra lateral",
  "Close sidebar": "Fechar a barra lateral",
  "Main": "Conteúdo",
  "Main menu": "Menu principal",
  "Notifications": "Avisos",
  "Close": "Fechar",
  "Dismiss": "Dispensar",
  "Copy": "Copiar",
  "Copy to clipboard": "Copiar",
  "Copied": "Copiado",
  "Search": "Procurar",
  "Clear entry": "Apagar o texto",
  "Clear value": "Apagar",
  "Clear selection": "Desfazer a escolha",
  "Clear all": "Apagar tudo",
  "yyyy": "aaaa",
  "Clear date": "Apagar a data",
  "Clear dates": "Apagar as datas",
  "Open": "Abrir",
  "Select all": "Escolher todos",
  "No results": "Nada encontrado",
  "No options to select.": "Nada para escolher.",
  "No options to select": "Nada para escolher",
  "No options": "Nada para escolher",
  "Choose an option": "Escolha",
  "Choose options": "Escolha",
  "Selectbox options": "Opções",
  "Press Enter to apply": "Enter para aplicar",
  "Press Enter to submit form": "Enter para enviar",
  "Press Ctrl+Enter to apply": "Ctrl+Enter para aplicar",
  "Press Ctrl+Enter to submit form": "Ctrl+Enter para enviar",
  "Press ⌘+Enter to apply": "⌘+Enter para aplicar",
  "Press ⌘+Enter to submit form": "⌘+Enter para enviar",
  "Show password": "Mostrar a senha",
  "Hide password": "Esconder a senha",
  "Increment": "Aumentar",
  "Decrement": "Diminuir",
  "Step up": "Aumentar",
  "Step down": "Diminuir",
  "Pagination": "Páginas da lista",
  "Previous page": "Página anterior",
  "Next page": "Próxima página",
  "Scroll tabs left": "Rolar as abas para a esquerda",
  "Scroll tabs right": "Rolar as abas para a direita",
  "Calendar": "Calendário",
  "Choose date": "Escolher a data",
  "Choose date range": "Escolher as datas",
  "Date range": "Datas",
  "Quick select a date range": "Escolha rápida de datas",
  "Start Date": "Data inicial",
  "End Date": "Data final",
  "Previous": "Anterior",
  "Next": "Próximo",
  "Selected values": "Escolhidos",
  "Previous month": "Mês anterior",
  "Next month": "Próximo mês",
  "Stop script": "Parar",
  "Selected date unavailable.": "Data indisponível.",
  "Start date must be before end date.": "A data inicial vem antes da final.",
  "Use arrow keys to navigate dates. Enter to select. Escape to close.":
    "Setas movem entre as datas, Enter escolhe, Esc fecha.",
  "Number is above the allowed range.": "O número é maior que o permitido.",
  "Number is below the allowed range.": "O número é menor que o permitido.",
  "Invalid input.": "Valor inválido.",
  "Button action menu": "Mais ações",
  "Toolbar action": "Ação",
  "Fullscreen": "Tela cheia",
  "Close fullscreen": "Sair da tela cheia",
  "View fullscreen": "Tela cheia",
  "Exit fullscreen": "Sair da tela cheia",
  "Download as CSV": "Baixar como CSV",
  "Download plot as a PNG": "Baixar a figura (PNG)",
  "Download plot as a png": "Baixar a figura (PNG)",
  "Show/hide columns": "Mostrar ou esconder colunas",
  "Sort ascending": "Ordem crescente",
  "Sort descending": "Ordem decrescente",
  "Autosize": "Ajustar a largura",
  "Pin column": "Fixar a coluna",
  "Unpin column": "Soltar a coluna",
  "Hide column": "Esconder a coluna",
  "Copy column name": "Copiar o nome da coluna",
  "Dataframe column menu": "Menu da coluna",
  "Statistics": "Resumo",
  "Format": "Formato",
  "Type to search": "Digite para procurar",
  "Next Result": "Próximo resultado",
  "Previous Result": "Resultado anterior",
  "Close Search": "Fechar a procura",
  "Add row": "Incluir linha",
  "Delete row(s)": "Apagar linhas",
  "empty": "vazio",
  "Empty": "Vazio",
  "No data": "Sem dados",
  "Upload": "Escolher o arquivo",
  "file upload": "envio de arquivo",
  "Add files": "Escolher outro",
  "Click to retry upload": "Tentar enviar de novo",
  "Only one file is allowed.": "Um arquivo de cada vez.",
  "This type of files are not allowed.": "Este tipo de arquivo não é aceito.",
  "Unexpected error. Please try again.": "Não deu certo. Tente de novo.",
  "Error:": "Erro:",
  "Browse files": "Procurar arquivos",
  "Drag and drop file here": "Arraste o arquivo para cá",
  "Drag and drop a file here": "Arraste o arquivo para cá",
  "Drag and drop files here": "Arraste os arquivos para cá",
  "Loading...": "Carregando…",
  "Please wait...": "Um momento…",
  "Running...": "Atualizando…",
  "Stop": "Parar",
  "Rerun": "Atualizar",
  "Always rerun": "Sempre atualizar",
  "Connecting": "Conectando",
  "Connecting to Streamlit server": "Conectando ao Farol",
  "Unable to connect to Streamlit server": "Sem conexão com o Farol",
  "Connection error": "Sem conexão",
  "Reconnected to server.": "Conexão refeita.",
  "Connection lost. Please wait for the app to reconnect, then try again.":
    "A conexão caiu. Espere que ela volte e tente de novo.",
  "Connection timed out.": "A conexão demorou demais.",
  "Streamlit server is not responding. Are you connected to the internet?":
    "O Farol não responde. Há conexão com a rede?",
  "Is Streamlit still running? If you accidentally stopped Streamlit, just restart it in your terminal:":
    "O Farol pode estar sendo reiniciado. A página volta sozinha; se não voltar, avise quem o administra.",
  "Retry": "Tentar de novo",
  "Try again": "Tentar de novo",
  "Error": "Erro",
  "Page not found": "Não há esta página",
  "Link to heading": "Endereço deste título",
  "Help": "Ajuda",
}
// With a part that is the page's own: `$1` stands for it on both sides.
const PATTERNS = [
  ["Help for $1", "Ajuda: $1"],
  ["Page $1", "Página $1"],
  ["Remove $1", "Tirar $1"],
  ["Show password: $1", "Mostrar a senha: $1"],
  ["$1 per file", "$1 no máximo"],
  ["$1 files are not allowed.", "Arquivos $1 não são aceitos."],
  ["File must be $1 or smaller.", "O arquivo pode ter no máximo $1."],
  ["Cancel upload of $1", "Cancelar o envio de $1"],
  ["Select $1 matches", "Escolher os $1 encontrados"],
  ["$1, close by backspace", "$1, apaga com Backspace"],
  ["Selected $1", "Escolhido: $1"],
  ["Current value: $1", "Valor: $1"],
  ["day, $1", "dia, $1"],
  ["month, $1", "mês, $1"],
  ["year, $1", "ano, $1"],
]
// What a browser says of a file that did not arrive: nobody's words, so English is ours too.
const FAILURES = [
  ["AxiosError: Network Error", "The connection broke before the whole file was here. Send it again.",
    "A conexão caiu antes de o arquivo chegar inteiro. Envie de novo."],
  ["AxiosError: Request failed with status code 403", "Only a signed-in administrator may send files. Sign in again.",
    "Só um administrador conectado envia arquivos. Entre de novo."],
  ["AxiosError: Request failed with status code 409", "Another file is arriving. Send yours when it is here.",
    "Outro arquivo está chegando. Envie o seu depois dele."],
  ["AxiosError: Request failed with status code 413", "The file is larger than this portal takes. Send a smaller one.",
    "O arquivo é maior que o permitido. Envie um menor."],
  ["AxiosError: Request failed with status code $1", "The file was not taken (code $1). Load the page again, and send it again.",
    "O arquivo não foi aceito (código $1). Recarregue a página e envie de novo."],
]
const NAMES = ["aria-label", "aria-valuetext", "title", "placeholder", "alt", "aria-roledescription", "data-title"]
const TEXTS_OF_PAGES =
  "title, [data-testid=stMarkdownContainer], [data-testid=stTable], [data-testid=stCode], .stHtml, .js-plotly-plot"
const NAMES_OF_PAGES = "[data-testid=stMarkdownContainer], [data-testid=stTable], .stHtml"
const CHOICES = "[role=option], [data-tag]"
// All that stands in it is Streamlit's, but for its label and the names of files.
const UPLOADER = "[data-testid=stFileUploader], [data-testid=stTooltipErrorContent]"
const NOT_OF_UPLOADER = "[data-testid=stWidgetLabel], [data-testid=stFileChipName]"
const AMONG_CHOICES = /^(Select all|Select \d+ matches|No results|No options.*)$/

const PORTUGUESE = new Map(Object.entries(WORDS))
const FORMS = {
  "pt-BR": [...PATTERNS, ...FAILURES.map(([said, , portuguese]) => [said, portuguese])].map(form),
  en: FAILURES.map(([said, english]) => [said, english]).map(form),
}

function form([said, words]) {
  const escaped = said.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
  return [new RegExp(`^${escaped.replace("\\$1", "(.+)")}$`, "su"), words]
}

// What was changed here, and into what: by node, and there by the name of an attribute.
const changed = new WeakMap()

// As pages/components/language.py has it: the address, then the browser, and else Portuguese.
function spoken() {
  const asked = (new URLSearchParams(window.location.search).get("lang") || "").replace("-", "_")
  const known = { pt_br: "pt-BR", en: "en" }[asked.toLowerCase()]
  const browser = (navigator.language || "pt").toLowerCase().startsWith("pt") ? "pt-BR" : "en"
  return known || browser
}

let language = spoken()

function inWords(text) {
  const trimmed = text.trim()
  if (!trimmed) return text
  const whole = language === "pt-BR" && PORTUGUESE.get(trimmed)
  if (whole) return text.replace(trimmed, () => whole)
  for (const [form, words] of FORMS[language]) {
    const found = trimmed.match(form)
    if (found) return words.replace("$1", () => found[1])
  }
  return text
}

function inLanguage(node, place, text) {
  const known = changed.get(node)?.[place]
  const said = known?.told === text ? known.said : text
  const told = inWords(said)
  if (told !== said) changed.set(node, { ...changed.get(node), [place]: { said, told } })
  return told
}

function isOfThePages(element, name) {
  if (element.closest(NAMES_OF_PAGES)) return true
  // A field but that of a file is named by its page, and a choice by what it stands for; only its button is Streamlit's.
  if (element.matches("input:not([type=file]), textarea")) return name !== "placeholder"
  return !element.matches("button") && element.closest(CHOICES) !== null
}

function nameInLanguage(element) {
  for (const name of NAMES) {
    const before = element.getAttribute(name)
    if (!before || isOfThePages(element, name)) continue
    const after = inLanguage(element, name, before)
    if (after !== before) element.setAttribute(name, after)
  }
}

// Of a text, unlike of a name, it counts as a whole alone: pages write some texts without a mark.
function isOfStreamlit(text, element) {
  const among = AMONG_CHOICES.test(text)
  return element.closest(CHOICES) ? among : among || PORTUGUESE.has(text)
}

function textInLanguage(node) {
  const element = node.parentElement
  if (!element) return
  const ofUploader = element.closest(UPLOADER) && !element.closest(NOT_OF_UPLOADER)
  if (!ofUploader && element.closest(TEXTS_OF_PAGES)) return
  if (!ofUploader && language === "pt-BR" && !isOfStreamlit(node.data.trim(), element)) return
  const after = inLanguage(node, "", node.data)
  if (after !== node.data) node.data = after
}

function allInLanguage(root) {
  if (root.nodeType === Node.TEXT_NODE) return textInLanguage(root)
  if (root.nodeType !== Node.ELEMENT_NODE) return
  nameInLanguage(root)
  const nodes = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT)
  while (nodes.nextNode()) {
    const node = nodes.currentNode
    if (node.nodeType === Node.TEXT_NODE) textInLanguage(node)
    else nameInLanguage(node)
  }
}

new MutationObserver((changes) => {
  if (spoken() !== language) {
    language = document.documentElement.lang = spoken()
    return allInLanguage(document.body)
  }
  for (const change of changes) {
    if (change.type === "childList") change.addedNodes.forEach(allInLanguage)
    else if (change.type === "attributes") nameInLanguage(change.target)
    else textInLanguage(change.target)
  }
}).observe(document, {
  childList: true,
  subtree: true,
  characterData: true,
  attributes: true,
  attributeFilter: NAMES,
})
