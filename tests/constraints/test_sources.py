"""Rules about the source text itself that no linter of others keeps."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
DEPLOYED = sorted(p for f in ("datalayer", "pages") for p in (PROJECT / f).rglob("*.py"))
CODE = [PROJECT / "app.py", *DEPLOYED, *sorted((PROJECT / "ml_jobs").rglob("*.py"))]
SETTINGS = {"datalayer/settings.py", "ml_jobs/settings.py"}
QUOTES_IDENTIFIERS = ("datalayer/reading/views.py", "datalayer/kernel/validation")
SQL_WORDS = re.compile(r"\b(select\s.+\sfrom|create\s+(view|schema|table)|copy\s*\()", re.I | re.S)


def name_of(path: Path) -> str:
    return str(path.relative_to(PROJECT))


def formatted_strings(path: Path) -> Iterator[str]:
    """Yield the constant text of each f-string in a module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr) and any(
            isinstance(part, ast.FormattedValue) for part in node.values
        ):
            yield "".join(p.value for p in node.values if isinstance(p, ast.Constant))


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_only_settings_read_the_environment(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert name_of(path) in SETTINGS or not re.search(r"os\.(environ|getenv)", text)


@pytest.mark.parametrize("path", DEPLOYED, ids=name_of)
def test_sql_is_formatted_only_where_identifiers_are_quoted(path: Path) -> None:
    if name_of(path).startswith(QUOTES_IDENTIFIERS):
        return

    assert [text for text in formatted_strings(path) if SQL_WORDS.search(text)] == []


@pytest.mark.parametrize(
    "path", sorted((PROJECT / "datalayer/reading/questions/sql").glob("*.sql")), ids=name_of
)
def test_every_question_says_its_purpose_and_takes_named_values(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert text.startswith("-- ")
    assert "?" not in re.sub(r"--.*|'[^']*'", "", text)


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
