"""The file of a list: all of its rows in the order shown, and the call that returns them."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

import streamlit as st

from pages.components import copied_calls
from pages.components.language import _, csv_dialect, ngettext, number


def show(
    path: str, asked: Sequence[tuple[str, str]], count: int, *, texts: Sequence[str], key: str
) -> None:
    """Draw the link to the file and, folded, the call.

    Args:
        path: Below ``api/v1/``, without a parameter.
        asked: Its parameters, the publication among them.
        count: How many rows there are.
        texts: Columns that must stay text.
        key: Names the fold.
    """

    def address(dialect: str) -> str:
        return f"api/v1/{path}?{urlencode([*asked, ('dialect', dialect)])}"

    text = ngettext("This {count} row (CSV)", "These {count} rows (CSV)", count)
    file = address(csv_dialect())
    st.link_button(text.format(count=number(count, 0)), file, icon=":material/csv:")
    with st.expander(_("Copy this call"), icon=":material/terminal:", key=key):
        copied_calls.show_csv(address("rfc"), texts)
