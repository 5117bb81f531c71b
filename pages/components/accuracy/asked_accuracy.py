"""What an address asks of the accuracy: which parts, which forecasts, and what is counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import streamlit as st

from datalayer.kernel.errors import InvalidSelection
from datalayer.kernel.sentences import Sentence
from datalayer.portal import NETWORK, Publication, questions
from pages.components.language import _

FILTERS: Final = ("source", "category", "demand_class", "location")
"""Parameters of the address that choose what is judged: all, or what is in use, without one."""
MEASURE: Final = "measure"
PAGE: Final = "page"
MONEY: Final = questions.accuracy.MONEY

_MOST_TOLD: Final = 12
_KNOWN_COST: Final = 0.8
"""Share of the parts whose cost must be known for money to be what is shown first."""

Row = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class AskedAccuracy:
    """What is judged.

    Attributes:
        parts: Which parts and forecasts, as questions take them.
        known: By filter the values that there are, each with the number of tested parts.
        places: Names of places by their id.
        units: The rows of ``questions.accuracy.units``, the most parts first.
        measure: What amounts are in: a unit, or money.
        problems: What of the address can't be used, and is left out.
    """

    publication: Publication
    parts: questions.accuracy.JudgedParts
    known: Mapping[str, Mapping[str, int]]
    places: Mapping[str, str]
    units: Sequence[Row]
    measure: str
    problems: tuple[InvalidSelection, ...] = ()

    @cached_property
    def frequency(self) -> str:
        """D, W or MS: the period of demand."""
        return questions.forecasts.frequency(self.publication.manifest)

    @property
    def currency(self) -> str:
        """ISO code of the costs; an empty string where none is published."""
        return str(self.publication.manifest.lineage.get("currency") or "")

    @property
    def is_of_network(self) -> bool:
        """Whether all places together are judged."""
        return self.parts.location_id == NETWORK

    def value(self, name: str) -> str:
        """Return the value of a filter; an empty string for all."""
        if name == "location":
            return self.parts.location_id
        return getattr(self.parts, name) or ""


def of_address(publication: Publication) -> AskedAccuracy:
    """Return what the address asks for, as far as there is such a thing."""
    places, problems = _known_places(publication), list[InvalidSelection]()
    location_id = _asked("location", list(places), problems) or NETWORK
    choices = publication.table(questions.accuracy.choices(location_id)).table.to_pylist()
    known = {
        name: {row["value"]: row["items"] for row in choices if row["filter"] == name}
        for name in FILTERS
    }
    values = {name: _asked(name, list(known[name]), problems) or None for name in FILTERS[:3]}
    parts = questions.accuracy.JudgedParts(location_id, **values)
    units = publication.table(questions.accuracy.units(parts)).table.to_pylist()
    measure = _asked(MEASURE, measures(units), problems) or usual_measure(units)
    return AskedAccuracy(publication, parts, known, places, units, measure, tuple(problems))


def measures(units: Sequence[Row]) -> list[str]:
    """Return what amounts can be told in: money where a cost is known, and each unit."""
    with_cost = sum(row["with_cost"] for row in units)
    return [*([MONEY] if with_cost else []), *(row["unit"] for row in units)]


def usual_measure(units: Sequence[Row]) -> str:
    """Return what amounts are told in where nobody asked.

    The one unit; of several, which can't be added up, money where the cost of most is known, else
    the unit of the most parts.
    """
    if not units:
        return "un"
    items = sum(row["items"] for row in units)
    with_cost = sum(row["with_cost"] for row in units)
    if len(units) > 1 and with_cost >= _KNOWN_COST * items:
        return MONEY
    return str(units[0]["unit"])


def write(name: str, value: str) -> None:
    """Write a choice into the address; what is usual is not written."""
    if value:
        st.query_params[name] = value
    else:
        st.query_params.pop(name, None)
    if name != PAGE:
        st.query_params.pop(PAGE, None)


def _known_places(publication: Publication) -> dict[str, str]:
    choices = publication.table(questions.accuracy.choices(NETWORK)).table.to_pylist()
    named = {row["value"]: row["name"] for row in choices if row["filter"] == "location"}
    return {NETWORK: named.pop(NETWORK, _("Network")), **dict(sorted(named.items(), key=_name))}


def _name(place: tuple[str, str]) -> str:
    return place[1].casefold()


def _asked(name: str, known: Sequence[str], problems: list[InvalidSelection]) -> str:
    """Return a value of the address if there is such a one; else note what is wrong with it."""
    text = st.query_params.get(name, "")
    if not text or text in known:
        return text
    told = ", ".join(sorted(known)[:_MOST_TOLD])
    more = "…" if len(known) > _MOST_TOLD else ""
    expected = Sentence("one of {values}", values=told + more) if told else Sentence("left out")
    problems.append(InvalidSelection(parameter=name, found=ascii(text[:80]), expected=expected))
    return ""
