"""The caption under every chart and table, and what a publication says of itself."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import streamlit as st

from datalayer.kernel.contract.manifest import Manifest
from datalayer.portal import Provenance
from datalayer.runtime import portal
from pages.components.language import _, ago, current, day, label, moment

_IN_FULL: Final = "farol.caption"
_LIST_BEGINS: Final = re.compile(r"^(\d*)([-+.)])", re.ASCII)
_MADE_OF_TEXT: Final = re.compile(r"(https?(?=:)|www(?=\.)|@(?=\w)|:(?=[\w+/-]+:))", re.IGNORECASE)
"""Beginnings of what becomes a link or a picture, escaped or not."""
_BREAKING: Final = {"Cc", "Zl", "Zp"}
_TURNING: Final = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


def caption(provenance: Provenance, now: datetime | None = None) -> str:
    """Return where a result came from: time (absolute and relative), model, sources, data.

    "Ago" counts from *now*, which is the clock by default.
    """
    parts = [
        _("Generated {moment}, {ago}").format(
            moment=moment(provenance.generated_at), ago=ago(provenance.generated_at, now)
        ),
        _("model {version}").format(version=provenance.model_version),
    ]
    if provenance.sources:
        parts.append(_("source {names}").format(names=_source_names(provenance)))
    parts.append(_("data set {id}").format(id=provenance.dataset_id))
    parts.append(_("data through {day}").format(day=day(provenance.data_through)))
    return " · ".join(parts)


def source_name(source: str) -> str:
    """Return what the registry calls a source, in the language of this run; else its code."""
    known = portal().registry.sources.get(source)
    return label(known.label) if known else source


def _source_names(provenance: Provenance) -> str:
    return ", ".join(map(source_name, provenance.sources))


def begin() -> None:
    """Forget which caption stands in full, as a run of a page begins."""
    st.session_state.pop(_IN_FULL, None)


def show(provenance: Provenance, *, of: str = "") -> None:
    """Draw the caption of a result.

    Args:
        provenance: That of the result.
        of: Names what it stands under: the first of a page has it in full, the others in short.
            Always in full without a name.
    """
    in_full = not of or st.session_state.setdefault(_IN_FULL, of) == of
    st.caption(literal(caption(provenance) if in_full else short_caption(provenance)))


def show_other(provenance: Provenance) -> None:
    """Draw the caption of the publication that a result is compared with, always in full."""
    text = _("Compared with publication {id}: {caption}")
    found = text.format(id=provenance.publication_id, caption=caption(provenance))
    st.caption(literal(found))


def short_caption(provenance: Provenance) -> str:
    """Return what a caption says beside another one in full."""
    parts = [
        _("Same publication"),
        _("model {version}").format(version=provenance.model_version),
    ]
    if provenance.sources:
        parts.append(_("source {names}").format(names=_source_names(provenance)))
    return " · ".join(parts)


def stamp(provenance: Provenance) -> str:
    """Return where a picture came from, in words that stay right however old it gets."""
    parts = [
        _("Data through {day}").format(day=day(provenance.data_through)),
        _("generated {moment}").format(moment=moment(provenance.generated_at)),
        _("model {version}").format(version=provenance.model_version),
    ]
    if provenance.sources:
        parts.append(_("source {names}").format(names=_source_names(provenance)))
    parts.append(_("data set {id}").format(id=provenance.dataset_id))
    parts.append(_("publication {id}").format(id=provenance.publication_id))
    return " · ".join(parts)


def demonstration(manifest: Manifest) -> str | None:
    """Return the notice of a demonstration publication, or None for any other."""
    if not manifest.lineage.get("demonstration"):
        return None
    if is_synthetic(manifest):
        return _(
            "Nothing here is real: parts, demand, stock and orders up to {day} were drawn by a "
            "model. Do not order parts by it."
        ).format(day=day(manifest.data_through))
    return _("Demand observed up to {day}, no dates moved. Do not order parts by it.").format(
        day=day(manifest.data_through)
    )


def is_synthetic(manifest: Manifest) -> bool:
    """Return whether the data of a publication are made up."""
    return bool(manifest.lineage.get("synthetic"))


def assumptions(manifest: Manifest) -> tuple[str, ...]:
    """Return the sentences in which a publication states what it assumes."""
    stated = manifest.lineage.get("assumptions", ())
    if not isinstance(stated, list | tuple):
        return ()
    return tuple(_in_language(sentence) for sentence in stated)


def badge(text: str, colour: str, icon: str) -> str:
    """Return the Markdown of a badge, to stand in a line of text."""
    return f":{colour}-badge[:material/{icon}: {text}]"


def _in_language(sentence: object) -> str:
    """Return a sentence of a publication; one in several languages in that of this run."""
    if isinstance(sentence, Mapping):
        return str(sentence.get(current()) or sentence.get("en") or "")
    return str(sentence)


def literal(text: str) -> str:
    """Keep Markdown from reading a name with underscores, stars or dollars as markup.

    It becomes one line, without the signs that turn the direction of what follows them, and
    nothing in it becomes a link or a picture.
    """
    line = "".join(" " if _breaks(character) else character for character in text)
    # What joins two words is not seen.
    line = _MADE_OF_TEXT.sub("\\1\u2060", line.lstrip() or line)
    escaped = "".join(
        f"\\{character}" if character in "\\`*_$[]<>:~#&" else character for character in line
    )
    # At the beginning these make a list.
    return _LIST_BEGINS.sub(r"\1\\\2", escaped)


def _breaks(character: str) -> bool:
    return unicodedata.category(character) in _BREAKING or character in _TURNING
