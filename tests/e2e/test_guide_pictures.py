"""Every picture of the guide, taken of the pages as they are: ``build/guide``.

``make guide-pictures`` puts them into the guide.
"""

from __future__ import annotations

import io
import re
from typing import Final

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import visiting
from tests.e2e.demonstrations import PROJECT, Served

FOLDER: Final = PROJECT / "build/guide"
COLOURS: Final = 128
"""Of a picture; pages have few, and each is kept in the repository and in the image."""
PAGES: Final = {
    "monday": "/",
    "part": "/forecast",
    "orders": "/orders?tier=late",
    "changes": "/changes",
    "inventory": "/inventory",
    "accuracy": "/accuracy",
    "data": "/data",
    "admin": "/admin",
}
LANGUAGES: Final = {"pt_BR": "pt-BR", "en": "en-GB"}
SCREEN: Final = {"width": 1200, "height": 800}


def test_the_guide_shows_only_pictures_that_are_taken_here() -> None:
    guides = (PROJECT / "docs/guide").glob("*.md")
    shown = {
        (name, guide.name)
        for guide in guides
        for name in re.findall(r"/guide/([\w.]+)\.png\)", guide.read_text(encoding="utf-8"))
    }

    taken = {f"{page}.{language}" for page in PAGES for language in LANGUAGES}
    assert {name for name, _guide in shown} == taken
    # In the language of the guide that they stand in.
    assert [each for each in shown if each[0].split(".")[1] != each[1].split(".")[1]] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_its_picture_for_the_guide(
    browser: Browser, torres: Served, compared: Served, page: str, language: str
) -> None:
    served = compared if page == "changes" else torres
    options = {"locale": LANGUAGES[language], "viewport": SCREEN}
    with visiting(browser, served, options) as visit:
        tab = visit.page
        visit.open(PAGES[page])
        if page == "admin":
            tab.get_by_label(re.compile("User name|Usuário")).fill("admin")
            tab.get_by_label(re.compile("^(Password|Senha)$")).fill(served.password)
            tab.get_by_role("button", name=re.compile("^(Sign in|Entrar)$")).click()
            expect(tab.get_by_label(re.compile("^(Password|Senha)$"))).to_have_count(0)
            visit.settle()
        expect(tab.get_by_role("heading", level=1)).to_be_visible()
        tab.wait_for_load_state("networkidle")

        taken = Image.open(io.BytesIO(tab.screenshot(animations="disabled")))

    FOLDER.mkdir(parents=True, exist_ok=True)
    few = taken.convert("RGB").quantize(COLOURS)
    few.save(FOLDER / f"{page}.{language}.png", optimize=True)
    assert few.size == (SCREEN["width"], SCREEN["height"])
