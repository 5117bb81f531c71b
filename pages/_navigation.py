"""The script that Streamlit runs for every page: frame, language, sign-in, navigation, errors."""

from __future__ import annotations

import streamlit as st

from pages.components import access, frame
from pages.components.language import _

# Before everything else: a page's icon would otherwise be fetched from another host.
st.set_page_config(
    page_title="Farol",
    page_icon=str(frame.STATIC / "farol.svg"),
    layout="wide",
    initial_sidebar_state=frame.SIDEBAR_WIDTH,
)


def pages() -> list[st.Page]:
    """Return every page, for everybody: a deep link to one left out is said not to exist.

    Each page checks for itself who may see what.
    """
    return [
        st.Page(
            "overview.py",
            title=_("Overview"),
            icon=":material/dashboard:",
            url_path="overview",
            default=True,
        ),
        st.Page(
            "forecast.py", title=_("Forecast"), icon=":material/trending_up:", url_path="forecast"
        ),
        st.Page("data.py", title=_("Data"), icon=":material/table_view:", url_path="data"),
        st.Page(
            "admin.py",
            title=_("Administration"),
            icon=":material/admin_panel_settings:",
            url_path="admin",
            visibility="visible" if frame.may_administer() else "hidden",
        ),
    ]


frame.begin()
st.logo(str(frame.STATIC / "farol.svg"), size="large")
with frame.guard("navigation"):
    must_sign_in = frame.must_sign_in()
    page = st.navigation(pages(), position="hidden" if must_sign_in else "sidebar")
    with frame.guard(page.url_path):
        frame.sidebar()
        if must_sign_in:
            frame.sign_in_page()
        else:
            page.run()
access.deliver_cookie()
