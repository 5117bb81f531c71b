"""The script that Streamlit runs for every page: frame, language, sign-in, navigation, errors."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.components import access, frame, search
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
    admin = "visible" if frame.may_administer() else "hidden"
    return [
        _page("monday", _("What to do"), "checklist", default=True),
        _page("forecast", _("Part"), "trending_up"),
        _page("orders", _("Order list"), "shopping_cart"),
        _page("changes", _("What changed"), "compare_arrows"),
        _page("availability", _("Availability"), "cell_tower"),
        _page("inventory", _("Inventory"), "inventory_2"),
        _page("accuracy", _("Accuracy"), "target"),
        _page("data", _("Data"), "table_view"),
        _page("guide", _("Guide"), "menu_book"),
        _page("admin", _("Administration"), "admin_panel_settings", visibility=admin),
    ]


def _page(name: str, title: str, icon: str, **more: Any) -> st.Page:  # noqa: ANN401
    return st.Page(f"{name}.py", title=title, icon=f":material/{icon}:", url_path=name, **more)


frame.begin()
st.logo(str(frame.STATIC / "farol.svg"), size="large")
with frame.guard("navigation"):
    frame.learn_rules()
    must_sign_in = frame.must_sign_in()
    page = st.navigation(pages(), position="hidden" if must_sign_in else "sidebar")
    with frame.guard(page.url_path):
        frame.sidebar()
        if must_sign_in:
            frame.sign_in_page()
        else:
            frame.language_notice()
            with frame.loading(page.url_path), search.suggesting():
                page.run()
access.deliver_cookie()
