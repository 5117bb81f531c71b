"""How many rows an extract has and how large it is, said before it is taken; and its links."""

from __future__ import annotations

import streamlit as st

from datalayer.portal import previews
from datalayer.runtime import portal
from pages.components import access
from pages.components.data.extract_address import AskedExtract
from pages.components.data_sets import size_text
from pages.components.language import _, ngettext, number


def show(wanted: AskedExtract) -> None:
    """Draw rows, columns and size of the file, the link to it and to its description."""
    count = previews.rows_counted(wanted.publication, wanted.asked.request)
    st.markdown(_extent(wanted, count))
    if not portal().extracts.may_take(wanted.asked.request, access.identity()):
        st.info(
            _(
                "You can see these rows here. To take away those of more than one part you need "
                "the role of an analyst: ask an administrator, or filter by one part."
            ),
            icon=":material/lock:",
        )
        return
    with st.container(horizontal=True, vertical_alignment="center", key="farol-take-extract"):
        st.link_button(
            _("Download these rows"), wanted.address(), type="primary", icon=":material/download:"
        )
        st.link_button(
            _("Description of the file (JSON)"),
            wanted.address(".metadata.json"),
            icon=":material/description:",
            help=_("Columns, origin, number of rows, size and SHA-256; makes the file once"),
        )
    st.caption(f"`{wanted.asked.request.file_name(wanted.publication.id)}`")
    _digest(wanted)


def _extent(wanted: AskedExtract, count: int) -> str:
    """Return how many rows and columns there are, of how many, and the size of the file."""
    request = wanted.asked.request
    whole = wanted.publication.manifest.file(wanted.data_set.name).rows
    known = len(wanted.data_set.columns)
    columns = ngettext("{count} of {all} column", "{count} of {all} columns", known).format(
        count=number(len(request.arrangement.columns) or known, 0), all=number(known, 0)
    )
    if not count:
        nothing = _("**No row meets these filters.** The file has the headings and no rows.")
        return f"{nothing} {columns}."
    rows = ngettext("**{count} row**", "**{count} rows**", count).format(count=number(count, 0))
    if count == whole:
        rows = _("{rows}, all that there are").format(rows=rows)
    else:
        rows = _("{rows} of {all}").format(rows=rows, all=number(whole, 0))
    return " · ".join((rows, columns, _size(wanted, count)))


def _size(wanted: AskedExtract, count: int) -> str:
    known = portal().extracts.find_digest(wanted.publication, wanted.asked.request)
    if known:
        return size_text(known.size_bytes)
    about = previews.estimated_bytes(wanted.publication, wanted.asked.request, count)
    return _("about {size}").format(size=size_text(about))


def _digest(wanted: AskedExtract) -> None:
    """Draw the SHA-256 of the file where it is known: it was published, or was made before."""
    known = portal().extracts.find_digest(wanted.publication, wanted.asked.request)
    if known:
        st.caption(_("SHA-256 of the file:"))
        st.code(known.sha256, language=None, wrap_lines=True)
    else:
        st.caption(_("Its SHA-256 stands in its description, and here once it was made."))
