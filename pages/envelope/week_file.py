"""The week in a file: a region's envelope, made when it is asked for and saved at once."""

from __future__ import annotations

import secrets
from typing import Final
from urllib.parse import urljoin

import streamlit as st

from datalayer.portal import Publication
from pages.components import captions
from pages.components.language import _
from pages.envelope.envelope import envelope_of
from pages.envelope.regions import Region, regions_of

_REGION: Final = "farol-week-region"


def show(publication: Publication) -> None:
    """Draw the choice of a region and the button that saves its envelope.

    Raises:
        PortalError: Marks or rows can't be read.
    """
    with st.popover(_("The week in a file"), icon=":material/mail:"):
        st.markdown(
            _("One file with all of this week's actions. It opens on a phone, without the portal.")
        )
        region = _choose(regions_of(publication))
        if st.button(_("Download the week"), icon=":material/download:", key="farol-week"):
            _save(publication, region)


def _choose(regions: tuple[Region, ...]) -> Region:
    if len(regions) == 1:
        return regions[0]
    return st.selectbox(_("Region"), regions, format_func=lambda region: region.name, key=_REGION)


def _save(publication: Publication, region: Region) -> None:
    address = urljoin(st.context.url, ".") if st.context.url else ""
    with st.spinner(_("Making the file")):
        envelope = envelope_of(publication, region, address)
    # What is drawn in a box of this name saves itself; see pages/static/saving.js.
    with st.container(key=f"farol-save-now-{secrets.token_hex(4)}"):
        st.download_button(
            _("Save the file again"),
            envelope.html,
            file_name=envelope.file_name,
            mime="text/html",
            icon=":material/download:",
            key=f"farol-week-file-{secrets.token_hex(4)}",
            on_click="ignore",
        )
    st.caption(captions.literal(envelope.file_name))
