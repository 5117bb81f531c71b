"""What two publications forecast over the days that both cover, by unit: units never mix."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from datalayer.kernel.contract.spoken import counted_in
from datalayer.reading.changes import Changes

_COLUMNS = ("unit", "is_forecast", "forecast_total")


@dataclass(frozen=True)
class UnitTotal:
    """What is forecast of all parts that both forecast and that are counted alike.

    Attributes:
        unit: What they are counted in; ``un`` where nobody says.
    """

    unit: str
    parts: int
    before: Decimal
    after: Decimal


@dataclass(frozen=True)
class ForecastTotals:
    """The forecasts of two publications.

    Attributes:
        totals: The unit of most parts first.
        only_before, only_after: Parts that one of the two forecasts, and the other doesn't.
        other_unit: Parts that are counted in another unit than before, which are in no total.
    """

    totals: tuple[UnitTotal, ...]
    only_before: int
    only_after: int
    other_unit: int


def forecast_totals(
    found: Changes, kept: Mapping[str, Sequence[str]] | None = None
) -> ForecastTotals:
    """Return what both publications of *found* forecast over its span.

    Args:
        found: What ``compare`` returned.
        kept: Values by column of ``Changes.parts``: only parts with one of them in each.
    """
    parts = found.parts_with(kept or {})
    names = [f"{name}_{end}" for name in _COLUMNS for end in ("before", "after")]
    sums: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0), Decimal(0)])
    only = [0, 0]
    other_unit = 0
    for row in parts.select(names).to_pylist():
        first, last = (bool(row[f"is_forecast_{end}"]) for end in ("before", "after"))
        if first != last:
            only[last] += 1
        elif first:
            units = {counted_in(row[f"unit_{end}"]) for end in ("before", "after")}
            if len(units) > 1:
                other_unit += 1
                continue
            total = sums[units.pop()]
            total[0] += 1
            total[1] += row["forecast_total_before"]
            total[2] += row["forecast_total_after"]
    totals = (UnitTotal(unit, int(n), a, b) for unit, (n, a, b) in sums.items())
    ordered = tuple(sorted(totals, key=lambda each: (-each.parts, each.unit)))
    return ForecastTotals(ordered, only[0], only[1], other_unit)
