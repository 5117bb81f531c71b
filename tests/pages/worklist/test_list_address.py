"""Filters of the list in an address."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from pages.components.worklist import list_address


class Parameters:
    """Stands in for ``st.query_params``."""

    def __init__(self, texts: Mapping[str, str | list[str]]) -> None:
        self._texts = texts

    def get_all(self, name: str) -> list[str]:
        found = self._texts.get(name, [])
        return [found] if isinstance(found, str) else found

    def get(self, name: str, default: str = "") -> str:
        return [*self.get_all(name), default][0]


@pytest.mark.parametrize(
    "pairs",
    [
        (),
        (("tier", "late"),),
        (("tier", "late"), ("tier", "this_week"), ("supplier", "Silva, Filhos & Cia")),
        (("supplier", "a\\"), ("supplier", ","), ("supplier", "b\nc"), ("put_aside", "true")),
    ],
)
def test_filters_that_are_written_are_found_again(pairs: list_address.Pairs) -> None:
    written = list_address.parameters_of(pairs)

    assert list_address.asked(Parameters(written)) == pairs


def test_a_filter_given_twice_has_the_values_of_both() -> None:
    found = list_address.asked(Parameters({"tier": ["late", "surplus,this_week"]}))

    assert found == (("tier", "late"), ("tier", "surplus"), ("tier", "this_week"))


def test_what_is_no_filter_and_empty_values_are_left_alone() -> None:
    assert list_address.asked(Parameters({"tier": ",", "item": "x", "lang": "en"})) == ()


def test_links_carry_filters_and_page_along() -> None:
    asked = Parameters({"tier": "late", "page": "3", "lang": "en"})

    assert list_address.carried(asked) == {"tier": "late", "page": "3"}
