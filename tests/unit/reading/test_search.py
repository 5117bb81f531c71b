"""Parts are found by what somebody half remembers of them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalayer.kernel.errors import InvalidSelection
from datalayer.reading import questions
from datalayer.reading.filters import LONGEST_TEXT
from datalayer.reading.publication import Publication
from datalayer.reading.questions import search
from datalayer.reading.views import question_sql

DATABASE = duckdb.connect()
LETTERS = "abcdefghijklmnopqrstuvwxyzáâãàçéêíóôõúüABCÇÉÃ"


@dataclass(frozen=True)
class SearchedPart:
    """What a search reads of one part."""

    item_id: str
    name: str = ""
    sku: str = ""
    category: str | None = None
    supplier: str | None = None
    abc_class: str | None = None
    demand_class: str | None = None


def found(parts: Sequence[SearchedPart], text: str, limit: int = 1_000) -> list[dict[str, object]]:
    """Return the rows that a search of *parts* for *text* has, asked as a portal asks."""
    rows = [vars(part) for part in parts]
    types = pa.schema([(name, pa.string()) for name in rows[0]])
    with DATABASE.cursor() as cursor:
        cursor.register("dim_item", pa.Table.from_pylist(rows, types))
        cursor.execute(f"create or replace temp view folded_item as {question_sql('folded_item')}")
        table = cursor.execute(*search.parts(text, limit).page_query()).to_arrow_table()
    answer: list[dict[str, object]] = table.to_pylist()
    return answer


def ids(parts: Sequence[SearchedPart], text: str) -> list[object]:
    return [row["item_id"] for row in found(parts, text)]


def matches(parts: Sequence[SearchedPart], text: str) -> dict[object, object]:
    return {row["item_id"]: row["match"] for row in found(parts, text)}


def without_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


words = st.text(LETTERS, min_size=2, max_size=12)
long_words = st.text(LETTERS, min_size=5, max_size=20)
codes = st.from_regex(r"[0-9][A-Z0-9./ -]{2,9}[A-Z0-9]", fullmatch=True)
catalogues = st.lists(
    st.builds(SearchedPart, codes, st.lists(words, max_size=4).map(" ".join), codes),
    max_size=5,
    unique_by=lambda part: part.item_id,
)


BATTERY = SearchedPart(
    "0302001", "Bateria  estacionária 12V 100 Ah", "NC-03.02", "Energia", "Moura"
)
SHELF = SearchedPart("P00002", "Suporte para bateria", "NC-P2", "Estrutura", "Vértice Metais")
CABLE = SearchedPart("P00003", "Cabo coaxial 7/8", "NC-P3", "Cabos", "Baterias do Sul")
PARTS = [BATTERY, SHELF, CABLE]


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("0302001", "exact"),
        ("302001", "exact"),
        ("00302001", "exact"),
        ("03 02-001", "exact"),
        ("nc0302", "exact"),
        ("0302", "prefix"),
        ("3020", "prefix"),
        ("2001", "inside"),
        ("nc 03", "prefix"),
        ("bateria estac", "words"),
        ("ESTACIONARIA bateria", "words"),
        ("  bateria   ah  100 ", "words"),
        ("12 v", "words"),
        ("12v", "words"),
        ("100AH", "words"),
        ("moura energia", "words"),
        ("stacion", "inside"),
        ("bateira estacionária", "near"),
        ("estasionaria", "near"),
        ("bateria etacionaria", "near"),
        ("baterias estacionaria", "near"),
    ],
)
def test_a_part_is_found_by_what_is_remembered_of_it(text: str, match: str) -> None:
    assert matches(PARTS, text)["0302001"] == match


@pytest.mark.parametrize("text", ["energia coaxial", "xyz", "baretia", "7/9", "bateria 13v"])
def test_what_no_part_has_finds_none(text: str) -> None:
    assert found(PARTS, text) == []


def test_better_matches_come_first() -> None:
    near = SearchedPart("A", "Batería batelas")
    named = SearchedPart("B", "Bateria")
    inside = SearchedPart("C", "Minibateria")
    supplied = SearchedPart("D", "Cabo", supplier="Bateria SA")
    worded = SearchedPart("E", "Suporte bateria")
    slip = SearchedPart("G", "Bateira")
    supplied_slip = SearchedPart("F", "Cabo", supplier="Bateira SA")

    order = ids([slip, supplied_slip, inside, supplied, worded, named, near], "bateria")

    assert order == ["A", "B", "E", "D", "C", "G", "F"]


def test_a_code_comes_before_a_name() -> None:
    assert ids([SearchedPart("P2", "Suporte P00003"), SearchedPart("P00003")], "p00003") == [
        "P00003",
        "P2",
    ]


def test_a_code_as_typed_comes_before_one_with_zeros() -> None:
    assert ids([SearchedPart("0302001"), SearchedPart("302001")], "302001") == ["302001", "0302001"]


def test_equal_matches_come_by_code() -> None:
    parts = [SearchedPart(code, "Cabo") for code in ("B", "10", "9", "A")]

    assert ids(parts, "cabo") == ["10", "9", "A", "B"]


def test_a_code_that_there_is_has_no_near_misses_beside_it() -> None:
    (row,) = found([SearchedPart("P00001"), SearchedPart("P00002")], "P00001")

    assert (row["item_id"], row["matches"]) == ("P00001", 1)


def test_a_code_that_there_is_not_has_its_neighbours_as_near_misses() -> None:
    assert matches([SearchedPart("P00012"), SearchedPart("P00099")], "P00021") == {"P00012": "near"}


def test_a_limit_does_not_change_the_number_of_matches() -> None:
    parts = [SearchedPart(f"{number:03}", "Cabo") for number in range(9)]

    rows = found(parts, "cabo", limit=4)[:4]

    assert {row["matches"] for row in rows} == {9}


@pytest.mark.parametrize("text", ["%", "_", "'", '"; drop table dim_item; --', "(", "\\", ".*"])
def test_signs_with_a_meaning_elsewhere_are_only_text(text: str) -> None:
    assert found(PARTS, text) == []


def test_a_code_of_signs_is_found_by_them() -> None:
    assert ids([*PARTS, SearchedPart("%_")], "%_") == ["%_"]


@pytest.mark.parametrize("text", ["", "  "])
def test_no_text_lists_the_parts_by_code(text: str) -> None:
    assert ids(PARTS, text) == ["0302001", "P00002", "P00003"]


def test_more_words_than_are_compared_are_left_aside() -> None:
    assert ids(PARTS, "bateria estacionaria 12 v 100 ah nc energia moura coaxial") == ["0302001"]


@pytest.mark.parametrize("text", ["a" * 1_000, "ab " * 400, "%_\\" * 300, "0" * 1_000, "á" * 999])
def test_a_long_text_is_looked_for_as_far_as_it_counts(text: str) -> None:
    assert search.parts(text) == search.parts(text[:LONGEST_TEXT])
    assert len(found(PARTS, text)) <= len(PARTS)


@given(catalogues, st.lists(words, min_size=2, max_size=6), st.data())
def test_two_words_in_any_order_without_accents_find_their_part(
    others: list[SearchedPart], name: list[str], data: st.DataObject
) -> None:
    asked = data.draw(st.permutations(name))[:2]

    text = without_accents("  ".join(asked)).swapcase()

    assert "the part" in ids([*others, SearchedPart("the part", " ".join(name))], text)


@given(catalogues, long_words, st.lists(words, max_size=3), st.data())
def test_neighbours_changed_in_a_word_find_its_part(
    others: list[SearchedPart], word: str, beside: list[str], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(word) - 2))
    name = data.draw(st.permutations([word, *beside]))

    text = f"{word[:at]}{word[at + 1]}{word[at]}{word[at + 2 :]}"

    assert "the part" in ids([*others, SearchedPart("the part", " ".join(name))], text)


@given(catalogues, long_words, st.sampled_from(LETTERS), st.data())
def test_a_letter_wrong_missing_or_too_many_finds_its_part(
    others: list[SearchedPart], word: str, letter: str, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(word) - 1))
    after = data.draw(st.sampled_from([word[at:], word[at + 1 :]]))

    text = f"{word[:at]}{data.draw(st.sampled_from([letter, '']))}{after}"

    assert "the part" in ids([*others, SearchedPart("the part", word)], text)


@given(catalogues, codes, st.data())
def test_the_beginning_of_a_code_finds_its_part(
    others: list[SearchedPart], code: str, data: st.DataObject
) -> None:
    text = code[: data.draw(st.integers(3, len(code)))].lower()

    assert "the part" in ids([*others, SearchedPart("the part", sku=code)], text)


@given(catalogues.filter(bool), st.text(st.characters(), max_size=300))
def test_any_text_is_answered(parts: list[SearchedPart], text: str) -> None:
    assert len(found(parts, text)) <= len(parts)


@given(st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), max_size=30))
def test_what_is_typed_is_folded_as_the_parts_are(text: str) -> None:
    part = SearchedPart("x", text.replace("\0", " "))
    with DATABASE.cursor() as cursor:
        cursor.register("dim_item", pa.Table.from_pylist([vars(part) | {"category": ""}]))
        naming = cursor.execute(f"select naming from ({question_sql('folded_item')})").fetchall()

    assert naming == [(f" {search.fold(part.name)} x  ",)]


@pytest.mark.parametrize(
    ("word", "met"),
    [
        ("Estacionária", True),
        ("12V", True),
        ("12", True),
        ("bateria", True),
        ("Minibateiras", True),
        ("coaxial", False),
        ("-", False),
        ("", False),
    ],
)
def test_a_word_that_was_met_is_known_again(word: str, met: bool) -> None:
    assert search.meets(word, search.words("bateira ESTACIONARIA 12 v 12v")) is met


def test_a_search_that_is_prepared_answers_the_same(publication: Publication) -> None:
    question = search.parts("bateira")
    before = publication.database.query(publication.id, *question.page_query())

    publication.prepare_search()
    publication.prepare_search()

    assert publication.database.query(publication.id, *question.page_query()) == before
    assert before.num_rows == 1


@pytest.mark.parametrize("limit", [0, -1, 10_001])
def test_a_limit_out_of_bounds_is_refused(publication: Publication, limit: int) -> None:
    with pytest.raises(InvalidSelection, match="between 1 and 10,000"):
        publication.table(questions.search.parts("P", limit))
