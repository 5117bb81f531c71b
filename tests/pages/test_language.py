"""The portal speaks Portuguese and English, and no sentence is left untranslated."""

from __future__ import annotations

import ast
import errno
import io
import os
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

from datalayer.kernel.contract.checks import CheckKind, data_set_checks
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import (
    ConfirmationNeeded,
    InvalidSelection,
    NotAllowed,
    RefreshInProgress,
    RowsLost,
    StateUnavailable,
    UnknownPublication,
)
from datalayer.kernel.sentences import Sentence
from datalayer.reading.extracts.delivery import Outcome
from pages.components import language, words
from pages.components.accuracy import accuracy_words
from pages.components.language import ago, day, error_text, moment, number, percent, quantity
from tests.pages.speaking import speaking

ROOT = Path(__file__).parents[2]
PO = ROOT / "pages/locale/pt_BR/LC_MESSAGES/farol.po"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def portuguese() -> Iterator[None]:
    with speaking("pt_BR"):
        yield


@pytest.fixture
def english() -> Iterator[None]:
    with speaking("en"):
        yield


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with PO.open("rb") as file:
        return read_po(file, locale="pt_BR")


def forms(text: str | list[str] | tuple[str, ...]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def places(text: str) -> set[str]:
    return {name for _text, name, _format, _conversion in Formatter().parse(text) if name}


def messages_in_use() -> set[str | tuple[str, ...]]:
    with (ROOT / "pages/locale/babel.cfg").open() as file:
        method_map, options_map = parse_mapping_cfg(file)
    found = extract_from_dir(ROOT, method_map, options_map)
    return {message for _name, _line, message, _comments, _context in found}


def test_every_message_in_use_is_translated(catalogue: Catalog) -> None:
    missing = [
        message
        for message in messages_in_use()
        if (entry := catalogue.get(message if isinstance(message, str) else message[0])) is None
        or entry.fuzzy
        or not all([entry.string] if isinstance(entry.string, str) else entry.string)
    ]

    assert missing == []


@pytest.mark.parametrize("path", sorted((ROOT / "pages").rglob("*.py")), ids=lambda p: p.name)
def test_no_message_hides_in_a_formatted_string_where_it_is_not_found(path: Path) -> None:
    formatted = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.JoinedStr)]

    hidden = [
        ast.unparse(call)
        for string in formatted
        for call in ast.walk(string)
        if isinstance(call, ast.Call) and ast.unparse(call.func) in {"_", "ngettext"}
    ]

    assert hidden == []


def test_no_translation_outlives_its_message(catalogue: Catalog) -> None:
    used = {message if isinstance(message, str) else message[0] for message in messages_in_use()}
    kept = {entry.id if isinstance(entry.id, str) else entry.id[0] for entry in catalogue}

    assert kept - used - {""} == set()


def test_a_translation_has_the_same_places_as_its_message(catalogue: Catalog) -> None:
    wrong = [
        source
        for entry in catalogue
        for source, target in zip(forms(entry.id), forms(entry.string), strict=True)
        if source and places(source) != places(target)
    ]

    assert wrong == []


def test_the_compiled_catalogue_is_that_of_its_source(catalogue: Catalog) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)

    with PO.with_suffix(".mo").open("rb") as file:
        kept = {forms(entry.id): forms(entry.string) for entry in read_mo(file)}

    expected = {forms(entry.id): forms(entry.string) for entry in read_mo(compiled)}
    assert {one: text for one, text in kept.items() if one != ("",)} == {
        one: text for one, text in expected.items() if one != ("",)
    }


@pytest.mark.usefixtures("portuguese")
def test_portuguese_writes_a_comma_before_decimals() -> None:
    assert number(1234.56, 1) == "1.234,6"
    assert quantity(0.25) == "0,25"
    assert percent(0.1234) == "12,3%"


@pytest.mark.usefixtures("english")
def test_english_writes_a_point_before_decimals() -> None:
    assert number(1234.56, 1) == "1,234.6"
    assert percent(0.1234) == "12.3%"


@pytest.mark.parametrize("nothing", [None, float("nan"), float("inf")])
def test_no_value_is_a_dash_and_never_a_zero(nothing: float | None) -> None:
    with speaking("en"):
        assert number(nothing) == "–"
        assert quantity(nothing) == "–"
        assert percent(nothing) == "–"


@pytest.mark.usefixtures("portuguese")
def test_portuguese_writes_the_day_first() -> None:
    assert day(date(2011, 12, 9)) == "09/12/2011"


@pytest.mark.usefixtures("english")
def test_english_names_the_month_so_that_no_one_mistakes_it() -> None:
    assert day(date(2011, 12, 9)) == "9 Dec 2011"


@pytest.mark.usefixtures("portuguese")
@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("2026-11-28T01:56:10.794+00:00", "28/11/2026 01:56 (UTC)"),
        ("2026-11-28", "28/11/2026"),
        ("2026-13-28", "2026-13-28"),
    ],
)
def test_times_in_a_sentence_are_told_as_its_reader_writes_them(written: str, told: str) -> None:
    error = RefreshInProgress(actor="ana", started_at=written)

    assert told in error_text(error)


def test_a_moment_names_its_zone() -> None:
    assert moment(datetime(2026, 11, 21, 6, 30, tzinfo=UTC)) == "21/11/2026 06:30 (UTC)"


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (timedelta(seconds=20), "agora mesmo"),
        (timedelta(minutes=1), "há 1 minuto"),
        (timedelta(hours=3), "há 3 horas"),
        (timedelta(days=5440), "há 5.440 dias"),
        (timedelta(hours=-1), "agora mesmo"),
    ],
)
@pytest.mark.usefixtures("portuguese")
def test_an_age_is_said_in_the_largest_unit_that_fits(age: timedelta, expected: str) -> None:
    assert ago(NOW - age, NOW) == expected


@pytest.mark.usefixtures("portuguese")
def test_an_error_is_told_in_the_users_language_with_its_values() -> None:
    error = UnknownPublication(
        publication_id="20261121T060000Z-1a2b3c4d", nearest="20261120T060000Z-00000000"
    )

    told = language.error_text(error)

    assert "20261121T060000Z-1a2b3c4d" in told
    assert told != str(error)


@pytest.mark.usefixtures("portuguese")
def test_the_numbers_of_an_error_have_the_marks_of_the_language() -> None:
    error = RowsLost(data_set="dim_item", rows=540612, active_rows=1234567)

    told = language.error_text(error)

    assert "540.612" in told
    assert "1.234.567" in told


@pytest.mark.usefixtures("portuguese")
def test_an_error_within_an_error_is_told_in_the_users_language() -> None:
    loss = RowsLost(data_set="dim_item", rows=540612, active_rows=1234567)

    told = language.error_text(ConfirmationNeeded(publication_id="P", faults=[str(loss)]))

    assert told.endswith(language.error_text(loss))


WITHIN = {"problem", "expected", "found", "reason", "remedy"}
"""Fields of errors that are sentences themselves."""
OF_WORDS = re.compile(r"[a-z]{2,}[ ;:,]+[a-z]{2,}")


def words_in(value: ast.expr) -> list[str]:
    """Return the texts in *value* that are words of a language, and stand in no sentence."""
    if isinstance(value, ast.Call) and ast.unparse(value.func) in {"Sentence", "_", "listed"}:
        return []
    if isinstance(value, ast.Constant | ast.JoinedStr):
        text = ast.unparse(value)
        return [text] if OF_WORDS.search(text) else []
    return [
        text
        for each in ast.iter_child_nodes(value)
        if isinstance(each, ast.expr)
        for text in words_in(each)
    ]


@pytest.mark.parametrize(
    "path",
    sorted(
        path
        for path in (ROOT / "datalayer").rglob("*.py")
        # What only a console or a program of the API reads is told in English.
        if path.name not in {"__main__.py", "settings.py"} and path.parent.name != "api"
    ),
    ids=lambda path: str(path.relative_to(ROOT / "datalayer")),
)
def test_what_an_error_says_within_itself_is_a_sentence_that_can_be_told(path: Path) -> None:
    tree = ast.parse(path.read_text())
    hidden = []
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        assigned = defaultdict(list)
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                assigned[node.targets[0].id].append(node.value)
        raised = [node.exc for node in ast.walk(function) if isinstance(node, ast.Raise)]
        for call in raised:
            for field in getattr(call, "keywords", ()):
                if field.arg in WITHIN:
                    name = getattr(field.value, "id", "")
                    for value in assigned.get(name, [field.value]):
                        hidden += words_in(value)

    assert hidden == []


def test_what_a_check_expects_can_be_told(registry: Registry, portuguese: None) -> None:
    language.learn(registry)
    expected = {
        check.expected
        for data_set in registry.data_sets.values()
        for check in data_set_checks(data_set)
        if check.kind is not CheckKind.TYPE  # the name of a type
    }

    same = [each for each in expected if language.sentence_text(each) == each]

    assert same == []


@pytest.mark.usefixtures("portuguese")
def test_a_demand_class_is_called_as_the_contract_calls_it(registry: Registry) -> None:
    labels = registry.data_sets["dim_item"].column("demand_class").value_labels

    told = {name: accuracy_words.class_name(name) for name in labels}

    assert told == {name: language.label(text).lower() for name, text in labels.items()}


@pytest.mark.usefixtures("portuguese")
def test_a_rule_of_the_contract_is_told_as_the_contract_has_it(registry: Registry) -> None:
    language.learn(registry)
    rule = next(rule for each in registry.data_sets.values() for rule in each.rules)

    assert language.sentence_text(rule.description.en) == rule.description.pt_BR


@pytest.mark.usefixtures("portuguese")
@pytest.mark.parametrize("column", ["date", "forecast", "source"])
def test_the_name_of_a_column_is_never_translated(column: str) -> None:
    assert language.sentence_text(Sentence("a column {name:s}", name=column)).endswith(column)


@pytest.mark.usefixtures("portuguese")
@pytest.mark.parametrize(
    ("parameter", "told"), [("quantity", "quantidade"), ("location", "local"), ("tier", "faixa")]
)
def test_a_parameter_has_the_name_that_pages_give_it(parameter: str, told: str) -> None:
    error = InvalidSelection(parameter=parameter, found="?", expected="!")

    assert language.error_text(error).startswith(f"{told} é")


@pytest.mark.usefixtures("portuguese")
def test_why_the_system_refused_is_told_in_the_users_language() -> None:
    why = os.strerror(errno.ENOSPC)
    error = StateUnavailable(path="x.json", problem=Sentence("can't be read: {reason}", reason=why))

    assert language.error_text(error).endswith("não há espaço livre no disco")


@pytest.mark.usefixtures("english")
def test_english_is_the_source_language() -> None:
    error = NotAllowed(actor="ana", action="activate", role="admin")

    assert language.error_text(error) == str(error)


@pytest.mark.usefixtures("portuguese")
@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        ("begun", "… começada"),
        (Outcome.DELIVERED, "✓ entregue inteira"),
        (Outcome.BROKEN, "✗ cortada"),
        (Outcome.ALTERED, "✗ não é a anunciada"),
    ],
)
def test_the_audit_trail_tells_of_extracts_in_words(outcome: str, told: str) -> None:
    assert words.action_text("extract") == "fazer uma extração"
    assert words.outcome_text(outcome) == told
