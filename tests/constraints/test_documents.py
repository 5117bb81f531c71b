"""The documents name what there is."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from datalayer.kernel.contract.registry import Bilingual
from datalayer.kernel.contract.registry_loader import load_registry
from datalayer.kernel.storage.settings import PREFIX, SecretsFolder
from datalayer.settings import Settings

PROJECT = Path(__file__).parents[2]
DOCUMENTS = sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")])


def test_every_setting_stands_in_the_table() -> None:
    text = (PROJECT / "docs/operations.md").read_text(encoding="utf-8")
    table = text.partition("\n## Settings\n")[2].partition("\n## ")[0]

    named = set(re.findall(rf"`{PREFIX}([A-Z0-9_]+)`", table))

    fields = {**Settings.model_fields, **SecretsFolder.model_fields}
    assert named == {name.upper() for name in fields}


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


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_files_and_functions_that_are_named_exist(document: Path) -> None:
    if document.parent.name == "decisions":
        return  # a decision names what there was when it was taken
    text = document.read_text(encoding="utf-8")
    named = re.findall(
        r"((?:datalayer|ml_jobs|pages|tests|benchmarks)/[\w/.-]+)(?:::([\w.]+))?", text
    )

    missing = [(path, name) for path, name in named if not is_there(path.rstrip("."), name)]

    assert missing == []


def test_symptoms_are_told_in_the_words_that_are_seen() -> None:
    text = (PROJECT / "docs/runbook.md").read_text(encoding="utf-8")
    table = text.partition("\n## When something is wrong\n")[2]
    symptoms = [line.split("|")[1] for line in table.splitlines() if line.startswith("|")]
    quoted = [quote for each in symptoms for quote in re.findall(r"\*([^*]+)\*", each)]
    pieces = {
        piece.strip(" ,:") for quote in quoted for piece in re.split(r"…|\bn of m\b", quote)
    } - {""}

    spoken = sentences()

    assert len(pieces) > 25
    assert {piece for piece in pieces if piece not in spoken} == set()


def sentences() -> str:
    """Return the code that says something, with texts in several pieces put together."""
    folders = ("datalayer", "pages", "deploy")
    paths = [path for name in folders for path in (PROJECT / name).rglob("*.[ps][yh]")]
    code = "\n".join(path.read_text(encoding="utf-8") for path in paths)
    return re.sub(r'"\s*\n\s*f?"', "", code)


def is_there(path: str, name: str) -> bool:
    """Return True if the file or folder exists and, for a file of code, defines *name*."""
    found = PROJECT / path
    if not name:
        return found.exists()
    return found.is_file() and name in defined(found)


def defined(path: Path) -> set[str]:
    """Return the functions, classes, methods and constants of a module, as ``Class.method``."""
    names: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            methods = (
                n for n in node.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
            )
            names |= {f"{node.name}.{each.name}" for each in methods}
    return names


def leads_somewhere(target: Path, anchor: str) -> bool:
    """Say whether *target* is there, and a heading with the *anchor* in it, if one is named."""
    if not anchor:
        return target.exists()
    headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.M)
    return anchor in {
        re.sub(r"[^\w -]", "", each).strip().lower().replace(" ", "-") for each in headings
    }
