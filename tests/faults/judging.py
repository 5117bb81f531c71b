"""Whether an answer is right: one publication's figures, all of them, and no stack trace."""

from __future__ import annotations

import json
import math
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tests.fake_data import SOURCES
from tests.faults.publications import FEWEST_ITEMS, Figures, KnownFigures

TRACE = re.compile(r'Traceback \(most recent call last\)|File "[^"]+\.py", line \d+')
"""What nobody may be shown, and no log may have: a fault that was foreseen has a sentence."""


@dataclass(frozen=True)
class ApiRead:
    """A read of the API: its *kind*, its address, and the part that it is about."""

    kind: str
    address: str
    item_id: str = ""


@dataclass(frozen=True)
class Judgement:
    """What an answer is worth.

    Attributes:
        publication_id: The one that it says it is of; empty for a refusal.
        fault: What is wrong with it, or an empty string.
    """

    publication_id: str = ""
    fault: str = ""


def draw(chance: random.Random, today: date) -> ApiRead:
    """Return a read of any kind; of some kinds hardly one is ever asked for twice."""
    item_id = f"P{chance.randrange(1, FEWEST_ITEMS + 1):05d}"
    kind = chance.choice(tuple(_ADDRESSES))
    address = _ADDRESSES[kind].format(
        item_id=item_id,
        start=today - timedelta(days=chance.randrange(10, 60)),
        end=today + timedelta(days=chance.randrange(28)),
    )
    return ApiRead(kind, address, item_id)


def judge(read: ApiRead, status: int, body: bytes, known: KnownFigures) -> Judgement:
    """Return what is wrong with an answer of the API, if anything is."""
    text = body.decode(errors="replace")
    if TRACE.search(text):
        return Judgement(fault=f"stack trace in an answer with status {status}")
    if status != 200:
        return Judgement(fault=_refusal_fault(status, text))
    answer = json.loads(text)
    publication_id = answer["metadata"]["publication_id"]
    figures = known.of(publication_id)
    if figures is None:
        return Judgement(publication_id, f"{publication_id} was never published")
    fault = _mixed(answer, figures) or _JUDGES[read.kind](read, answer, figures)
    return Judgement(publication_id, fault)


def _refusal_fault(status: int, text: str) -> str:
    try:
        slug = json.loads(text)["type"].rpartition("/")[2]
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"an answer with status {status} that is no problem: {text[:200]}"
    return f"an error that nobody foresaw: {text[:200]}" if slug == "internal-error" else ""


def _mixed(answer: Mapping[str, Any], figures: Figures) -> str:
    times = {row.get("generated_at", figures.generated_at) for row in answer["data"]}
    times.add(answer["metadata"]["generated_at"])
    return "" if times == {figures.generated_at} else f"mixed: rows generated at {sorted(times)}"


def _series(read: ApiRead, answer: Mapping[str, Any], figures: Figures) -> str:
    if not answer["data"]:
        return f"mixed: no rows of {read.item_id}"
    expected = figures.forecast[read.item_id]
    found = {(row["source"], row["forecast"]) for row in answer["data"] if row["source"]}
    wrong = [each for each in sorted(found) if expected[each[0]] != each[1]]
    return f"mixed: forecasts {wrong} of {read.item_id}, not {expected}" if wrong else ""


def _demand(read: ApiRead, answer: Mapping[str, Any], figures: Figures) -> str:
    found, expected = sum(row["quantity"] for row in answer["data"]), figures.demand[read.item_id]
    return "" if found == expected else f"mixed: demand {found} of {read.item_id}, not {expected}"


def _items(read: ApiRead, answer: Mapping[str, Any], figures: Figures) -> str:
    found = answer["total"]
    return "" if found == figures.items else f"mixed: {found} parts, not {figures.items}"


def _summary(read: ApiRead, answer: Mapping[str, Any], figures: Figures) -> str:
    found = {row["source"]: row["forecast_total"] for row in answer["data"]}
    expected = {source: figures.total(source) for source in SOURCES}
    alike = found.keys() == expected.keys() and all(
        math.isclose(found[source], expected[source], rel_tol=1e-9) for source in SOURCES
    )
    return "" if alike else f"mixed: totals {found}, not {expected}"


def _dated(read: ApiRead, answer: Mapping[str, Any], figures: Figures) -> str:
    return ""  # its rows bear the time of the publication, which is looked at for all kinds


_ADDRESSES: Mapping[str, str] = {
    "items": "/api/v1/items?limit=5",
    "series": "/api/v1/items/{item_id}/timeseries",
    "series in a span": "/api/v1/items/{item_id}/timeseries?start={start}&end={end}",
    "forecast rows": "/api/v1/datasets/fact_forecast/rows?item_id={item_id}&limit=100",
    "demand rows": "/api/v1/datasets/fact_demand/rows?item_id={item_id}&limit=1000",
    "summary": "/api/v1/forecasts/summary",
    "inventory": "/api/v1/inventory?limit=20",
    "exceptions": "/api/v1/exceptions?limit=10",
}
_JUDGES: Mapping[str, Callable[[ApiRead, Mapping[str, Any], Figures], str]] = {
    "items": _items,
    "series": _series,
    "series in a span": _series,
    "forecast rows": _series,
    "demand rows": _demand,
    "summary": _summary,
    "inventory": _dated,
    "exceptions": _dated,
}
