"""Lineage: where a publication comes from, as its job stated it, readable and as a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any, Final

import streamlit as st

from datalayer.portal import Publication
from pages.components import captions
from pages.components.data import descriptions
from pages.components.language import NOTHING, _, day, moment, number

_TOLD_APART: Final = ("assumptions", "notes", "inputs", "libraries", "rows", "settings", "forecast")
_LONGEST_VALUE: Final = 500


def show(publication: Publication) -> None:
    """Draw what the publication says of its own making."""
    lineage = publication.manifest.lineage
    _run(publication)
    _inputs(lineage)
    _models(lineage)
    _stated(publication)
    _settings(lineage)
    descriptions.links(publication, ("openlineage.ndjson", "metadata.json"))
    captions.show(publication.provenance(tuple(publication.registry.data_sets)))


def _run(publication: Publication) -> None:
    manifest, lineage = publication.manifest, publication.manifest.lineage
    told = {
        _("Publication"): manifest.publication_id,
        _("Data set"): manifest.dataset_id,
        _("Model version"): manifest.model_version,
        _("Contract"): f"{manifest.contract.id} {manifest.contract.version}",
        **{_flat_name(name): value for name, value in _plain(lineage).items()},
    }
    clocks = {
        _("Data through"): day(manifest.data_through),
        _("Generated"): moment(manifest.generated_at),
        _("Loaded here"): moment(publication.loaded_at),
    }
    st.header(_("The run"), anchor=False)
    lines = [f"- {name}: {captions.literal(text)}" for name, text in clocks.items()]
    lines += [f"- {name}: {_code(value)}" for name, value in told.items()]
    st.markdown("\n".join(lines))


def _plain(lineage: Mapping[str, Any]) -> dict[str, object]:
    """Return what stands in the lineage by itself, and what no part of this page knows."""
    rest = {name: value for name, value in lineage.items() if name not in _TOLD_APART}
    return dict(_flattened(rest))


def _flat_name(name: str) -> str:
    return {
        "code_version": _("Version of the code"),
        "currency": _("Currency"),
        "demonstration": _("Demonstration"),
        "synthetic": _("Synthetic"),
        "engine": _("Where it was computed"),
        "frequency": _("Frequency"),
        "items": _("Parts"),
        "license": _("Licence of the data"),
        "seed": _("Seed"),
    }.get(name, _code(name))


def _inputs(lineage: Mapping[str, Any]) -> None:
    inputs = [each for each in _listed(lineage.get("inputs")) if isinstance(each, Mapping)]
    if not inputs:
        return
    st.header(_("Inputs"), anchor=False)
    rows = [
        {
            _("File"): _code(each.get("name")),
            _("Rows"): _count(each.get("rows")),
            "SHA-256": _code(each.get("sha256")),
        }
        for each in inputs
    ]
    st.table(rows, hide_index=True, border="horizontal", alt=_("Inputs"))
    _code_table(lineage.get("rows"), _("Rows of the demand, read and used"))


def _models(lineage: Mapping[str, Any]) -> None:
    st.header(_("Sources and models"), anchor=False)
    forecast = lineage.get("forecast")
    known = forecast.get("sources") if isinstance(forecast, Mapping) else None
    if isinstance(known, Mapping):
        rows = [
            {
                _("Source"): captions.literal(captions.source_name(str(name))),
                _("Series"): _count(_member(about, "series")),
                _("Failed"): _count(_member(about, "failed_series")),
                _("Library"): _code(_member(about, "library")),
            }
            for name, about in known.items()
        ]
        if rows:
            st.table(rows, hide_index=True, border="horizontal", alt=_("Sources and models"))
    else:
        st.markdown(_("The publication does not say by which sources it was made."))
    if isinstance(forecast, Mapping):
        rest = {name: value for name, value in forecast.items() if name != "sources"}
        _code_table(rest, _("Champions, weights and backtest"))
    _code_table(lineage.get("libraries"), _("Libraries"))


def _stated(publication: Publication) -> None:
    """Draw what the job assumed, and its notes, which it writes in English."""
    if assumptions := captions.assumptions(publication.manifest):
        st.header(_("Assumptions"), anchor=False)
        st.markdown("\n".join(f"- {captions.literal(each)}" for each in assumptions))
    notes = [str(each) for each in _listed(publication.manifest.lineage.get("notes"))]
    if notes:
        st.header(_("Notes of the job"), anchor=False)
        st.caption(_("As the job wrote them, in English."))
        told = "".join(f"<li>{escape(each)}</li>" for each in notes)
        st.html(f'<ul lang="en" class="farol-notes">{told}</ul>')


def _settings(lineage: Mapping[str, Any]) -> None:
    if lineage.get("settings"):
        st.header(_("Settings of the job"), anchor=False)
        _code_table(lineage.get("settings"), _("All settings"))


def _code_table(value: object, title: str) -> None:
    """Draw *value*, whatever its depth, as names and values, folded under *title*."""
    rows = [
        {_("Name"): name, _("Value"): _short(each)}
        for name, each in _flattened(value)
        if not isinstance(each, Mapping | list)
    ]
    if not rows:
        return
    folded = st.expander(title, key=f"farol-lineage-{title}", on_change="rerun")
    if folded.open:
        with folded:
            cells = [{name: _code(text) for name, text in row.items()} for row in rows]
            st.table(cells, hide_index=True, border="horizontal", alt=title)


def _flattened(value: object, name: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping):
        for inner, each in value.items():
            yield from _flattened(each, f"{name}.{inner}" if name else str(inner))
    elif isinstance(value, list | tuple) and all(not isinstance(e, Mapping | list) for e in value):
        yield name, ", ".join(_short(each) for each in value)
    elif isinstance(value, list | tuple):
        for place, each in enumerate(value):
            yield from _flattened(each, f"{name}.{place + 1}")
    else:
        yield name, value


def _short(value: object) -> str:
    text = {None: "–", True: "true", False: "false"}.get(value, str(value))  # type: ignore[call-overload]
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def _code(value: object) -> str:
    """Return a value as code, which Markdown leaves as it is."""
    text = " ".join(_short(value).replace("`", "'").split())
    return f"`{text}`" if text else "–"


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else ()


def _member(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, Mapping) else None


def _count(value: object) -> str:
    return number(value, 0) if isinstance(value, int) and abs(value) < 2**63 else NOTHING
