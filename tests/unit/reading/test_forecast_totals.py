"""What two publications forecast, by unit: units never mix, and what one doesn't say is in none."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa

from datalayer.reading.changes import Changes
from datalayer.reading.forecast_totals import ForecastTotals, UnitTotal, forecast_totals

TOTAL = pa.decimal128(30, 6)
SCHEMA = pa.schema(
    [
        ("category", pa.string()),
        *((f"unit_{end}", pa.string()) for end in ("before", "after")),
        *((f"is_forecast_{end}", pa.bool_()) for end in ("before", "after")),
        *((f"forecast_total_{end}", TOTAL) for end in ("before", "after")),
    ]
)


def totals(*rows: tuple[object, ...], kept: list[str] | None = None) -> ForecastTotals:
    names = SCHEMA.names
    told = [dict(zip(names, row, strict=True)) for row in rows]
    parts = pa.Table.from_pylist(told, schema=SCHEMA)
    return forecast_totals(Changes(None, parts), {"category": kept or []})


def part(
    before: object,
    after: object,
    units: tuple[str | None, str | None] = ("un", "un"),
    category: str = "Energia",
) -> tuple[object, ...]:
    known = (before is not None, after is not None)
    amounts = (Decimal(str(before or 0)), Decimal(str(after or 0)))
    return (category, *units, *known, *amounts)


def test_pieces_and_metres_are_two_totals() -> None:
    found = totals(part(10, 12), part(1, 2), part(5, 7.5, ("m", "m")))

    assert found.totals == (
        UnitTotal("un", 2, Decimal(11), Decimal(14)),
        UnitTotal("m", 1, Decimal(5), Decimal("7.5")),
    )


def test_a_part_that_one_publication_does_not_forecast_is_in_no_total() -> None:
    found = totals(part(10, None), part(None, 3), part(1, 1))

    assert found.totals == (UnitTotal("un", 1, Decimal(1), Decimal(1)),)
    assert (found.only_before, found.only_after) == (1, 1)


def test_a_part_in_another_unit_is_in_no_total_and_counted() -> None:
    found = totals(part(10, 12, ("un", "m")), part(4, 4, (None, "UN")))

    assert found.other_unit == 1
    assert found.totals == (UnitTotal("un", 1, Decimal(4), Decimal(4)),)


def test_only_the_parts_asked_for_are_in_the_total() -> None:
    found = totals(part(1, 1), part(2, 2, category="Antenas"), kept=["Antenas"])

    assert found.totals == (UnitTotal("un", 1, Decimal(2), Decimal(2)),)
