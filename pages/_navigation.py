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
frame.begin()
st.logo(str(frame.STATIC / "farol.svg"), size="large")
page = st.navigation(
    [
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
        ),
    ]
)
with frame.guarded(page.url_path):
    frame.sidebar()
    page.run()
access.deliver_cookie()
