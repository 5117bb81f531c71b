"""The guide speaks of the portal as it is: its words, its pages, its pictures."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

import pytest
from babel.messages.pofile import read_po
from PIL import Image

from pages.components.guide import FOLDER, READERS
from pages.components.language import LANGUAGES

PROJECT: Final = Path(__file__).parents[2]
MOST_BYTES: Final = 150_000
"""Of a picture: all of them are in the image."""
GUIDES: Final = sorted(FOLDER.glob("*.md"))


def texts_of_the_portal(language: str) -> frozenset[str]:
    """Return all that the pages may say in *language*, in small letters."""
    with (PROJECT / "pages/locale/pt_BR/LC_MESSAGES/farol.po").open("rb") as file:
        entries = [entry for entry in read_po(file) if entry.id]
    registry = json.loads((PROJECT / "schema_registry.json").read_text(encoding="utf-8"))
    found = [entry.id if language == "en" else entry.string for entry in entries]
    flat = [text for each in found for text in ([each] if isinstance(each, str) else each)]
    return frozenset(text.lower() for text in [*flat, *strings(registry)])


def strings(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in strings(each)]
    if isinstance(value, list):
        return [text for each in value for text in strings(each)]
    return [value] if isinstance(value, str) else []


def test_every_reader_has_a_guide_in_every_language() -> None:
    expected = {f"{reader}.{language}.md" for reader in READERS for language in LANGUAGES}

    assert {guide.name for guide in GUIDES} == expected


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_what_stands_in_bold_is_a_word_of_the_portal(guide: Path) -> None:
    known = texts_of_the_portal(guide.stem.split(".")[1])
    named = re.findall(r"\*\*(.+?)\*\*", guide.read_text(encoding="utf-8"), re.S)

    unknown = [each for each in named if " ".join(each.split()).lower() not in known]

    assert named
    assert unknown == []


@pytest.mark.parametrize("reader", READERS)
def test_the_languages_say_the_same_in_the_same_order(reader: str) -> None:
    shapes = []
    for language in LANGUAGES:
        text = (FOLDER / f"{reader}.{language}.md").read_text(encoding="utf-8")
        shape = re.findall(r"^(#+ |- |\d\. )|^!\[.+\]\(\S+/(\w+)\.\w+\.png\)$", text, re.M)
        shapes.append(shape)

    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_its_pictures_are_there_and_small(guide: Path) -> None:
    text = guide.read_text(encoding="utf-8")
    shown = [FOLDER / path for path in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text)]

    assert shown
    for picture in shown:
        with Image.open(picture) as opened:
            assert opened.format == "PNG"
        assert picture.stat().st_size <= MOST_BYTES
