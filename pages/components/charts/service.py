"""Service that each rule for reorder points would have achieved, beside what was asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import pyarrow as pa

from datalayer.portal import Result
from pages.components.charts.chart import ApiCall, Chart, Row
from pages.components.charts.dots import Dot, draw_dots
from pages.components.language import _, number, percent

PLANNED: Final = "lead_time_quantile"
_SYMBOLS: Final = {PLANNED: "circle"}
_SHOWN: Final = (
    "service_asked",
    "service_achieved",
    "fill_rate",
    "mean_stock",
    "unit",
    "n_windows",
)
_ROOM: Final = 0.05


def service(policies: Result, named: Callable[[Row], str], *, title: str, call: ApiCall) -> Chart:
    """Return the service that each rule would have achieved in the tests, by group.

    Args:
        policies: The answer to ``questions.accuracy.policies``.
        named: Returns what the group of a row is called.
        title: What the chart is headed by.
        call: Returns what is drawn.
    """
    rows = policies.table.to_pylist()
    least = min((min(r["service_achieved"], r["service_asked"]) for r in rows), default=0.0)
    ends = (max(0.0, round(least - _ROOM, 1)), 1.0)
    dots = [_dot(row, named(row)) for row in rows]
    head = _("│ asked   ● used here   ■ textbook")
    groups = pa.array([named(row) for row in rows], pa.string())
    rules = pa.array([rule_name(row["policy"]) for row in rows], pa.string())
    table = policies.table.select(list(_SHOWN))
    return Chart(
        title=title,
        figure=draw_dots(dots, ends, head=head) if rows else None,
        alt=_finding(rows, named, title),
        provenance=policies.provenance,
        rows=table.add_column(0, "rule", rules).add_column(0, "group", groups),
        headings=_headings(),
        call=call,
        shares=("service_asked", "service_achieved", "fill_rate"),
    )


def rule_name(policy: str) -> str:
    """Return what a rule for reorder points is called."""
    return _("used here") if policy == PLANNED else _("textbook")


def _dot(row: Row, group: str) -> Dot:
    name = f"{group}, {rule_name(row['policy'])}"
    text = _("{achieved} of {asked} asked").format(
        achieved=percent(row["service_achieved"]), asked=percent(row["service_asked"])
    )
    said = _("{name}: {achieved} achieved, {asked} asked, in {count} lead times").format(
        name=name,
        achieved=percent(row["service_achieved"]),
        asked=percent(row["service_asked"]),
        count=number(row["n_windows"], 0),
    )
    symbol = _SYMBOLS.get(row["policy"], "square-open")
    return Dot(
        name, row["service_achieved"], None, None, text, said, symbol, asked=row["service_asked"]
    )


def _finding(rows: Sequence[Row], named: Callable[[Row], str], title: str) -> str:
    if not rows:
        return _("{title}: nothing is published of this group.").format(title=title)
    said = (
        _("{group}, {rule}: {achieved} achieved, {asked} asked").format(
            group=named(row),
            rule=rule_name(row["policy"]),
            achieved=percent(row["service_achieved"]),
            asked=percent(row["service_asked"]),
        )
        for row in rows
    )
    return _("{title}. {findings}.").format(title=title, findings="; ".join(said))


def _headings() -> dict[str, str]:
    return {
        "group": _("Group"),
        "rule": _("Rule"),
        "service_asked": _("Service asked"),
        "service_achieved": _("Service achieved"),
        "fill_rate": _("Fill rate"),
        "mean_stock": _("Stock per part"),
        "unit": _("Unit"),
        "n_windows": _("Lead times"),
    }
