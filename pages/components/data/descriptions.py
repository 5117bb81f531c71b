"""Open descriptions: the files beside a publication that other tools read it by."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

import streamlit as st

from datalayer.portal import Publication
from datalayer.runtime import portal
from pages.components import captions
from pages.components.language import _


def show(publication: Publication) -> None:
    """Draw what each file says, its digest and a link; what was not published is named."""
    st.markdown(
        _(
            "For tools that know nothing of Farol. The files are those that were published, byte "
            "for byte; each names the data files with their SHA-256."
        )
    )
    there = publication.snapshot.companions
    for name, (title, text) in _texts().items():
        if name in there:
            st.header(title, anchor=False)
            st.markdown(text)
            links(publication, (name,))
            st.caption(_("SHA-256 of the file:"))
            st.code(there[name], language=None, wrap_lines=True)
    if missing := [name for name in _texts() if name not in there]:
        names = ", ".join(f"`{name}`" for name in missing)
        st.info(_("Not published with these data: {names}").format(names=names))
    _contract()
    captions.show(publication.provenance(tuple(publication.registry.data_sets)))


def links(publication: Publication, names: Iterable[str]) -> None:
    """Draw a link to each of the files *names* that the publication has."""
    with st.container(horizontal=True):
        for name in names:
            if name in publication.snapshot.companions:
                st.link_button(
                    f"`{name}`",
                    f"api/v1/publications/{quote(publication.id)}/files/{name}",
                    icon=":material/download:",
                )


def _texts() -> dict[str, tuple[str, str]]:
    return {
        "datapackage.json": (
            "Data Package 2.0",
            _(
                "Each file with its columns: types, bounds, keys and references, labels and "
                "descriptions in both languages, units. `frictionless validate` reads it."
            ),
        ),
        "croissant.json": (
            "Croissant 1.1",
            _("A record set for each data set, with its fields. `mlcroissant load` reads it."),
        ),
        "openlineage.ndjson": (
            "OpenLineage 2-0-2",
            _(
                "The run that made the files as events: inputs, outputs, and every check of the "
                "validation. Servers of OpenLineage take it line by line."
            ),
        ),
        "metadata.json": (
            _("The manifest of Farol"),
            _("What the publication is: its files, its clocks and all of its lineage."),
        ),
        "attestation.json": (
            _("The signature"),
            _("The publisher's signature of the manifest and of these descriptions."),
        ),
    }


def _contract() -> None:
    """Draw the link to the contract itself, an open document as well."""
    st.header(_("The contract (ODCS)"), anchor=False)
    st.markdown(
        _(
            "The data contract behind all data sets, in the Open Data Contract Standard, with the "
            "rules that every publication must keep. Tools such as `datacontract` read it."
        )
    )
    st.download_button(
        "`schema_registry.json`",
        portal().contract_document,
        file_name="schema_registry.json",
        mime="application/json",
        icon=":material/download:",
        on_click="ignore",
    )
