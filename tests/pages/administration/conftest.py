"""The Administration page, signed in, at one of its sections."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from datalayer.access.identity import Role
from tests.pages.conftest import OpenPage
from tests.pages.signing_in import add_user, sign_in


@pytest.fixture
def open_section(open_page: OpenPage, state: Path) -> OpenPage:
    """Open a section of the administration, signed in as ``admin``."""
    add_user(state, "admin", Role.ADMIN)

    def opened(section: str = "", /, *, locale: str = "en-US", **parameters: str) -> AppTest:
        return sign_in(open_page("admin.py", locale=locale, section=section, **parameters))

    return opened
