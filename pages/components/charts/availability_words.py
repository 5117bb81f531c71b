"""What points of a curve are told in: money, towers down, and shares close to the whole."""

from __future__ import annotations

from typing import Any, Final

from pages.components.charts.availability_points import AvailabilityCurve
from pages.components.charts.chart import Row
from pages.components.language import NOTHING, _, ngettext, number, percent
from pages.components.units import amount

_DECIMALS: Final = 2
_MOST_DECIMALS: Final = 6
_WHOLE: Final = 100


def money(value: float | None, currency: str) -> str:
    """Return money in whole units, so that differences shown are those of the ends shown."""
    return amount(None if value is None else round(value), "currency", currency=currency)


def share(value: float | None, *, beside: float | None = None) -> str:
    """Return a share with at least two decimals: as many as tell it from the whole.

    Args:
        value: The share; None for none.
        beside: Another one that it is told apart from unless both are the same.
    """
    if value is None:
        return NOTHING
    others = [other for other in (1.0, beside) if other is not None and other != value]
    for decimals in range(_DECIMALS, _MOST_DECIMALS):
        if all(_rounded(value, decimals) != _rounded(other, decimals) for other in others):
            return percent(value, decimals)
    return percent(value, _MOST_DECIMALS)


def _rounded(value: float, decimals: int) -> str:
    return f"{_WHOLE * value:.{decimals}f}"


def down(value: float) -> str:
    """Return how many towers stand still on average, in words."""
    text = ngettext("{count} tower down", "{count} towers down", 1 if value == 1 else 2)
    return text.format(count=towers(value))


def towers(value: float | None) -> str:
    """Return a number of towers, which is an average and so has decimals."""
    if value is None:
        return NOTHING
    return number(value, 2 if abs(value) < 1 else 1)


def policy_name(policy: str) -> str:
    """Return how stock is set, as a planner says it."""
    return {
        "money": _("By the price of a tower-hour"),
        "service": _("By service levels"),
        "today": _("Today's stock"),
    }.get(policy, policy)


def why_not(reason: str | None) -> str:
    """Return why a point can't be promised; an empty text where it can."""
    if reason is None:
        return ""
    return {
        "no_part": _("no part that its towers need is known"),
        "no_history": _("nothing was tested in the past"),
        "not_kept": _("more stood still in the past than was promised"),
        "few_cutoffs": _("it was tested too few times in the past"),
        "two_levels": _("it rests on parts weighed at two levels, which no past window shows"),
        "tail_not_seen": _("such small chances were not seen often enough in the past"),
        "less_not_supported": _("less stock than this can't be promised either"),
    }.get(reason, reason)


def table_rows(curve: AvailabilityCurve) -> list[dict[str, Any]]:
    """Return what is drawn as rows: today's stock, service levels, and the points."""
    marked = [row for row in (curve.today, curve.service) if row is not None]
    return [_table_row(row) for row in (*marked, *curve.points)]


def _table_row(row: Row) -> dict[str, Any]:
    numbers = ("towers_down", "towers_down_low", "towers_down_high")
    return {
        "policy": policy_name(row["policy"]),
        "stock_value": float(round(row["stock_value"])),
        **{name: row[name] for name in numbers},
        "availability": share(row["availability"]),
        "chance": chance(row["chance_target_met"]),
        "promised": towers(row["towers_down_promised"]),
        "happened": towers(row["towers_down_happened"]),
        "supported": _("yes") if row["supported"] else why_not(row["not_supported_because"]),
    }


def chance(value: float | None) -> str:
    """Return a chance in whole per cent; never 0 or 100 for what is neither."""
    if value is None:
        return NOTHING
    if 0 < value < 0.01:
        return _("under 1%")
    return _("over 99%") if 0.99 < value < 1 else percent(value, 0)


def table_headings() -> dict[str, str]:
    """Return what heads the columns of ``table_rows``."""
    return {
        "policy": _("How stock is set"),
        "stock_value": _("Value of the stock"),
        "towers_down": _("Towers down on average"),
        "towers_down_low": _("In one month of twenty, at most"),
        "towers_down_high": _("In one month of twenty, more than"),
        "availability": _("Availability"),
        "chance": _("Chance that a month meets the target"),
        "promised": _("Promised in the past"),
        "happened": _("Happened in the past"),
        "supported": _("Supported by the past"),
    }
