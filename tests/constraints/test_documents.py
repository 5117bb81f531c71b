"""The documents name what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from datalayer.kernel.contract.registry import Bilingual
from datalayer.kernel.contract.registry_loader import load_registry
from datalayer.settings import PREFIX, Settings

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


def test_the_glossary_has_the_words_of_the_contract() -> None:
    text = (PROJECT / "docs/glossary.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.+?) \| (.+?) \| .+? \| `([a-z_.]+)` \|$", text, re.M)

    differences = [row for row in rows if tuple(row[:2]) != label_of(row[2])]

    assert len(rows) > 20
    assert differences == []


def label_of(place: str) -> tuple[str, str]:
    """Return the label in both languages of a ``data_set`` or ``data_set.column``, uncapped."""
    data_set, _, column = place.partition(".")
    found = load_registry(PROJECT / "schema_registry.json").data_sets[data_set]
    label: Bilingual = found.column(column).label if column else found.label
    return uncapped(label.en), uncapped(label.pt_BR)


def uncapped(text: str) -> str:
    """Return *text* as it stands within a sentence; abbreviations keep their capitals."""
    return text if text[:2].isupper() else f"{text[:1].lower()}{text[1:]}"


def leads_somewhere(target: Path, anchor: str) -> bool:
    """Say whether *target* is there, and a heading with the *anchor* in it, if one is named."""
    if not anchor:
        return target.exists()
    headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.M)
    return anchor in {
        re.sub(r"[^\w -]", "", each).strip().lower().replace(" ", "-") for each in headings
    }
