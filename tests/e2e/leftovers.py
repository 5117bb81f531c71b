"""Words on a drawn page that are of no language it may speak: what nobody translated.

A Portuguese page may use the words of the catalogue's translations, of the registry's Portuguese
labels, of the reasons for moves and of ``words.js``, what the publication says of parts and places,
and a few names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq
from babel.messages.pofile import read_po
from playwright.sync_api import Page

from datalayer.kernel.contract.registry import Bilingual
from datalayer.reading import move_sentences
from tests.e2e.demonstrations import PROJECT

NAMES: Final = {
    *("farol", "english", "português"),
    *("csv", "parquet", "arrow", "json", "rfc", "excel", "sha", "utc", "api", "curl", "python"),
    # Standards of open descriptions.
    *("data", "package", "croissant", "openlineage"),
    # Days and months as dates and axes write them; they stand in no catalogue.
    *("seg", "ter", "qua", "qui", "sex", "sáb", "dom"),
    *("jan", "fev", "mar", "abr", "mai", "jun", "jul", "ago", "set", "out", "nov", "dez"),
    # What an address may say, where a page tells what would be right there.
    *("tier", "late", "surplus", "page", "span", "rows", "ticked", "order", "point", "budget"),
    *("shift", "ctrl", "enter", "esc", "backspace", "tab"),
    # Who acts: names of users, and what stands before that of an operator.
    *("admin", "cli", "root"),
    *("sku", "abc", "xyz", "arima", "prophet", "lstm", "tsb", "imapa", "adida", "croston", "lang"),
}
"""What no catalogue has: names of programs, formats and methods, parameters, dates in short."""
_WORD: Final = re.compile(r"[^\W\d_]{3,}")
_CODE: Final = re.compile(r"\S*[\d_/\\@][\S]*|\b[A-Z]{2,}\b")
_TEXTS: Final = """() => {
  const silent = "script, style, noscript, code, pre, [translate=no], [lang=en], " +
    "[role=img][aria-hidden=true]"
  const names = ["aria-label", "aria-description", "aria-valuetext", "aria-roledescription",
                 "title", "placeholder", "alt", "data-title"]
  const found = []
  const nodes = document.createTreeWalker(document.body)
  while (nodes.nextNode()) {
    const node = nodes.currentNode
    const element = node.nodeType === Node.TEXT_NODE ? node.parentElement : node
    if (element.closest(silent)) continue
    if (node.nodeType === Node.TEXT_NODE) found.push(node.data)
    else for (const name of names)
      if (element.getAttribute(name)) found.push(element.getAttribute(name))
  }
  return [...found, document.title]
}"""


def texts(page: Page) -> list[str]:
    """Return all that *page* says, shown or read aloud: texts, names, hints, alternatives."""
    return [text for text in page.evaluate(_TEXTS) if text.strip()]


def leftovers(page: Page, vocabulary: frozenset[str]) -> dict[str, str]:
    """Return words of *page* that are not in *vocabulary*, each with the text it stands in."""
    return {
        word: text[:120]
        for text in texts(page)
        for word in words_of(text)
        if word not in vocabulary and word not in NAMES
    }


def words_of(text: str) -> set[str]:
    """Return the words of a text in small letters, without codes, identifiers and addresses."""
    return {word.lower() for word in _WORD.findall(_CODE.sub(" ", text))}


def portuguese(store: Path) -> frozenset[str]:
    """Return the words that a Portuguese page on the publication in *store* may use."""
    catalogue = PROJECT / "pages/locale/pt_BR/LC_MESSAGES/farol.po"
    with catalogue.open("rb") as file:
        translated = [entry.string for entry in read_po(file) if entry.id]
    streamlits = (PROJECT / "pages/static/words.js").read_text(encoding="utf-8")
    registry = json.loads((PROJECT / "schema_registry.json").read_text(encoding="utf-8"))
    sources = [
        # Without the places that values are put in: their names are of the code.
        *(re.sub(r"\{[^}]*\}", " ", text) for text in _flat(translated)),
        *re.findall(r'": \s*"([^"]+)"|\["[^"]+", "([^"]+)"\]', streamlits),
        re.sub("<[^>]*>", " ", (PROJECT / "pages/static/missing.pt_BR.html").read_text()),
        *_in_portuguese(registry),
        *(
            re.sub(r"\{[^}]*\}", " ", sentence.pt_BR)
            for sentence in vars(move_sentences).values()
            if isinstance(sentence, Bilingual)
        ),
        *_of_publication(store),
    ]
    return frozenset(word for text in _flat(sources) for word in words_of(text))


def codes() -> frozenset[str]:
    """Return the words of columns' names and coded values, which the data page shows so."""
    registry = json.loads((PROJECT / "schema_registry.json").read_text(encoding="utf-8"))
    return frozenset(word for text in _coded(registry) for word in words_of(text))


def guide() -> frozenset[str]:
    """Return the words of the Portuguese guides."""
    guides = (PROJECT / "docs/guide").glob("*.pt_BR.md")
    shown = (re.sub(r"\]\([^)]*\)", "] ", each.read_text(encoding="utf-8")) for each in guides)
    return frozenset(word for text in shown for word in words_of(text))


def _coded(value: object) -> Iterable[str]:
    if isinstance(value, dict):
        yield from (str(value[name]) for name in ("name", "physicalName") if name in value)
        yield from (str(each["value"]) for each in value.get("enum", ()))
        for each in value.values():
            yield from _coded(each)
    elif isinstance(value, list):
        yield from (each for each in value if isinstance(each, str))
        for each in value:
            yield from _coded(each)


def _flat(values: Iterable[object]) -> Iterable[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, tuple | list):
            yield from _flat(value)


def _in_portuguese(value: object) -> Iterable[str]:
    """Yield the Portuguese texts of the registry, wherever they stand in it."""
    if isinstance(value, dict):
        if str(value.get("property", "")).endswith("PtBr"):
            yield str(value["value"])
        yield from (str(text) for name, text in value.items() if name.endswith("PtBr"))
        for each in value.values():
            yield from _in_portuguese(each)
    elif isinstance(value, list):
        for each in value:
            yield from _in_portuguese(each)


def _of_publication(store: Path) -> Iterable[str]:
    """Yield what the latest publication says of parts and places, and what it is made from."""
    if not (store / "metadata.json").exists():
        return
    manifest = json.loads((store / "metadata.json").read_text(encoding="utf-8"))
    yield from (manifest["dataset_id"], manifest["model_version"])
    yield from (str(each.get("pt_BR", "")) for each in _sentences(manifest))
    for file in manifest["files"]:
        if file["data_set"] in {"dim_item", "dim_location"}:
            table = pq.read_table(store / file["path"])
            for name in ("name", "category", "supplier", "unit", "location_name", "region"):
                if name in table.column_names and pa.types.is_string(table[name].type):
                    yield from filter(None, table[name].unique().to_pylist())


def _sentences(manifest: dict[str, dict[str, object]]) -> list[dict[str, str]]:
    stated = manifest.get("lineage", {}).get("assumptions", ())
    return [each for each in stated if isinstance(each, dict)] if isinstance(stated, list) else []
