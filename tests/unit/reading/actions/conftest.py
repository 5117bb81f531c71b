"""Lists of actions with certain rows, and marks on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest

from datalayer.kernel.contract.manifest import Manifest
from datalayer.marks.tables import standing_table
from datalayer.reading import questions
from datalayer.reading.publication import Publication
from datalayer.reading.questions.listings import Listing
from tests.publisher import Publisher

OpenPublication = Callable[[Manifest], Publication]
Row = dict[str, Any]
TIERS = ("late", "this_week", "will_run_out", "check_forecast", "surplus", "check_data")
NOBODY = standing_table(())


def action(part: int, kind: str = "order", tier: str = "late", **more: object) -> Row:
    """Return a row of the list; one that concerns an open order names it."""
    named = kind in {"expedite", "defer", "cancel"}
    checked = kind == "check"
    return {
        "item_id": f"P{part:05d}",
        "location_id": "network",
        "action": kind,
        "ref": f"45{part:08d}/10" if named else "-",
        "tier": tier,
        "quantity": None if checked else 30.0,
        "value": None if checked else 300.0,
        "due": None if checked else date(2026, 11, 20) + timedelta(days=TIERS.index(tier)),
        "check_first": None,
        "check_observed": None,
        "check_expected": None,
        "checks": 0,
        **more,
    }


def ranked(template: Row, rows: Iterable[Row]) -> list[Row]:
    """Return *rows* as a publication has them: ranked as they come, by tier; keys in order."""
    placed, seen = [], set()
    for rank, row in enumerate(sorted(rows, key=lambda row: TIERS.index(row["tier"])), start=1):
        part = (row["item_id"], row["location_id"])
        placed.append(template | row | {"rank": rank, "is_leading": part not in seen})
        seen.add(part)
    return sorted(placed, key=lambda r: (r["item_id"], r["location_id"], r["action"], r["ref"]))


@pytest.fixture
def open_list(
    publisher: Publisher, open_publication: OpenPublication
) -> Callable[..., Publication]:
    """Opens a publication whose list has certain rows."""

    def opened(*rows: Row, **tables: pa.Table) -> Publication:
        made = publisher.tables() | tables
        schema = made["fact_action"].schema
        template = made["fact_action"].to_pylist()[0]
        listed = pa.Table.from_pylist(ranked(template, rows), schema=schema)
        return open_publication(publisher.publish(tables=made | {"fact_action": listed}))

    return opened


def marked(*rows: Row, state: str = "put_aside") -> pa.Table:
    """Return rows as marked by Ana."""
    said = {
        "state": state,
        "kind": "ordered",
        "marked_by": "Ana",
        "comment": "by phone",
        "comments": 2,
        "number": 7,
    }
    keys = ("item_id", "location_id", "action", "ref")
    made = [{name: row[name] for name in keys} | said for row in rows]
    return pa.Table.from_pylist(made, schema=NOBODY.schema)


def asking(
    publication: Publication, *asked: tuple[str, str], standing: pa.Table = NOBODY, **more: Any
) -> Listing:
    return questions.listings.listing(publication.registry, asked, standing=standing, **more)


def listed(publication: Publication, *asked: tuple[str, str], **more: Any) -> list[Row]:
    wanted = asking(publication, *asked, **more)
    question = questions.actions.listed(publication.registry, wanted, limit=100)
    rows: list[Row] = publication.table(question).table.to_pylist()
    return rows


def told(publication: Publication, *asked: tuple[str, str], **more: Any) -> list[str]:
    return [f"{row['item_id'][-1]} {row['action']}" for row in listed(publication, *asked, **more)]
