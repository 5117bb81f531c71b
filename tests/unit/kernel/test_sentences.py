"""A sentence is its English text, and can be told in other languages and brought back from JSON."""

from __future__ import annotations

import json
import pickle

from hypothesis import given
from hypothesis import strategies as st

from datalayer.kernel.errors import ManifestError, RowsLost, UnknownUser
from datalayer.kernel.sentences import Sentence, listed, recipe, restored

COMMA_FOR_POINT = str.maketrans(",.", ".,")
PORTUGUESE = {"{rows} rows": "{rows} linhas", "It has {found}": "Tem {found}", "nothing": "nada"}

VALUES = st.one_of(st.text(), st.integers(), st.floats(allow_nan=False), st.booleans())
SENTENCES = st.builds(lambda value: Sentence("It has {found}", found=value), VALUES)


def portuguese(text: str) -> str:
    return PORTUGUESE.get(text, text)


def test_numbers_have_separators_of_thousands() -> None:
    error = RowsLost(data_set="fact_forecast", rows=540612, active_rows=1234567)

    assert str(error) == ("fact_forecast has 540,612 rows; the active publication has 1,234,567")


def test_texts_that_look_like_numbers_stay_as_they_are() -> None:
    assert Sentence("There is no part {item_id}", item_id="85123") == "There is no part 85123"


def test_a_number_keeps_the_form_that_its_place_asks_for() -> None:
    assert Sentence("after {timeout_s:g} s", timeout_s=1200.0) == "after 1,200 s"


def test_it_is_told_in_another_language_with_the_marks_of_that_language() -> None:
    sentence = Sentence("{rows} rows", rows=540612)

    assert sentence.tell(portuguese, COMMA_FOR_POINT) == "540.612 linhas"


def test_a_sentence_within_is_told_in_the_language_of_the_whole() -> None:
    within = Sentence("{rows} rows", rows=1000)

    sentence = Sentence("It has {found}", found=(within, "nothing"))

    assert sentence == "It has 1,000 rows, nothing"
    assert sentence.tell(portuguese, COMMA_FOR_POINT) == "Tem 1.000 linhas, nada"


def test_an_error_within_is_told_in_the_language_of_the_whole() -> None:
    error = UnknownUser(name="ana", known=())

    told = Sentence("It has {found}", found=error).tell(
        lambda text: "Não há {name}" if text == error.template else text, COMMA_FOR_POINT
    )

    assert told == "It has Não há ana"


def test_the_faults_of_an_error_are_told_one_by_one() -> None:
    error = ManifestError(location="here", faults=[Sentence("{rows} rows", rows=1000), "nothing"])

    assert str(error).endswith("1,000 rows; nothing")
    assert error.listing.tell(portuguese, COMMA_FOR_POINT) == "1.000 linhas; nada"


@given(st.lists(SENTENCES | st.text(), min_size=1, max_size=3))
def test_it_is_the_same_after_its_way_through_json(values: list[str]) -> None:
    sentence = listed(tuple(values))

    arrived = restored(str(sentence), json.loads(json.dumps(recipe(sentence))))

    assert arrived == sentence
    assert isinstance(arrived, Sentence)
    assert arrived.tell(portuguese, COMMA_FOR_POINT) == sentence.tell(portuguese, COMMA_FOR_POINT)


@given(SENTENCES)
def test_it_is_the_same_after_its_way_between_processes(sentence: Sentence) -> None:
    arrived = pickle.loads(pickle.dumps(sentence))

    assert (arrived, arrived.template, arrived.fields) == (
        sentence,
        sentence.template,
        sentence.fields,
    )


@given(st.text(), SENTENCES)
def test_a_text_that_is_not_what_its_recipe_makes_is_told_as_it_is(
    text: str, other: Sentence
) -> None:
    arrived = restored(f"altered {text}", recipe(other))

    assert arrived == f"altered {text}"
    assert not isinstance(arrived, Sentence)


def test_a_recipe_that_makes_nothing_leaves_the_text_as_it_is() -> None:
    for made in (
        None,
        "x",
        {"template": "{missing}", "fields": {}},
        {"template": "{", "fields": {}},
    ):
        assert restored("text", made) == "text"


def test_the_text_of_another_error_is_still_a_sentence() -> None:
    error = ValueError(Sentence("{count} places", count=1000))

    text = str(error)

    assert isinstance(text, Sentence)
    assert text.tell(str, str.maketrans(",", ".")) == "1.000 places"


def test_a_code_is_told_as_it_is_where_it_is_a_word() -> None:
    sentence = Sentence("It has {found:s}", found=("nothing", "rows", 7))

    assert sentence.tell(portuguese, COMMA_FOR_POINT) == "It has nothing, rows, 7"
