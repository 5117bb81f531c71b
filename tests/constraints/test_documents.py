"""The documents name what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from datalayer.kernel.storage.settings import PREFIX
from datalayer.settings import Settings

PROJECT = Path(__file__).parents[2]
DOCUMENTS = sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")])


def test_every_setting_stands_in_the_table() -> None:
    text = (PROJECT / "docs/operations.md").read_text(encoding="utf-8")
    table = text.partition("\n## Settings\n")[2].partition("\n## ")[0]

    named = set(re.findall(rf"`{PREFIX}([A-Z0-9_]+)`", table))

    assert named == {name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_links_lead_somewhere(document: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", document.read_text(encoding="utf-8"), flags=re.M | re.S)
    linked = re.findall(r"\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]+))?\)", text)

    broken = [
        (path, anchor)
        for path, anchor in linked
        if not leads_somewhere(document.parent / path if path else document, anchor)
    ]

    assert broken == []


def leads_somewhere(target: Path, anchor: str) -> bool:
    """Say whether *target* is there, and a heading with the *anchor* in it, if one is named."""
    if not anchor:
        return target.exists()
    headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.M)
    return anchor in {
        re.sub(r"[^\w -]", "", each).strip().lower().replace(" ", "-") for each in headings
    }
