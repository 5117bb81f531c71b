"""What was asked of bands and quantiles beside what they held."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pyarrow as pa

from datalayer.portal import Result
from pages.components.charts.chart import ApiCall, Chart, Row
from pages.components.charts.dots import Dot, draw_dots
from pages.components.language import _, number, percent

_WITHIN: Final = 0.02
"""Share of outcomes by which what held may miss what was asked; less close to 0 and to 1."""


def calibration(held: Result, *, call: ApiCall) -> Chart:
    """Return which share of outcomes each band and quantile held, beside the share asked.

    Args:
        held: The answer to ``questions.accuracy.calibration``.
        call: Returns the pairs of forecast and actual that are counted.
    """
    rows = held.table.to_pylist()
    title = _("Asked and held")
    told = pa.array([words(row) for row in rows], pa.string())
    names = pa.array([_name(row) for row in rows], pa.string())
    table = held.table.select(["asked", "held", "least", "n_obs", "items", "n_origins"])
    return Chart(
        title=title,
        figure=draw_dots([_dot(row) for row in rows], (0.0, 1.0), head=_("│ asked   ● held"))
        if rows
        else None,
        alt=_finding(rows, title),
        provenance=held.provenance,
        rows=table.add_column(0, "name", names).append_column("told", told),
        headings=_headings(),
        call=call,
        shares=("asked", "held", "least"),
    )


def words(row: Row) -> str:
    """Return whether a band or a quantile held what was asked of it, in words.

    Many outcomes lie on an end where demand comes in whole units: what was asked is met where it
    lies between what was held without the ends and what was held with them.
    """
    return {
        "as asked": _("as asked"),
        "at least": _("at least as asked"),
        "too narrow": _("too narrow"),
        "too wide": _("too wide"),
        "too low": _("too low"),
        "too high": _("too high"),
    }[band_verdict(row)]


def band_verdict(row: Row) -> str:
    """Return what words stand for: as asked, at least, too narrow, too wide, too low or too high.

    A band is too narrow or too wide, a quantile too low or too high.
    """
    asked, is_band = row["asked"], row["kind"] == "band"
    within = min(_WITHIN, asked / 2, (1 - asked) / 2)
    if row["held"] < asked - within:
        return "too narrow" if is_band else "too low"
    if row["least"] > asked + within:
        return "too wide" if is_band else "too high"
    return "at least" if row["held"] > asked + within else "as asked"


def share(value: float) -> str:
    """Return a share with a decimal where it has one, as 97.5%."""
    return percent(value, 0 if round(value, 2) == round(value, 4) else 1)


def _name(row: Row) -> str:
    text = _("Band of {share}") if row["kind"] == "band" else _("At most, in {share}")
    return text.format(share=share(row["asked"]))


def _dot(row: Row) -> Dot:
    text = _("{share} held: {words}").format(share=percent(row["held"], 0), words=words(row))
    said = _("{name}: {share} held, {least} without its ends, of {count}").format(
        name=_name(row),
        share=percent(row["held"], 1),
        least=percent(row["least"], 1),
        count=number(row["n_obs"], 0),
    )
    low = row["least"]
    return Dot(_name(row), row["held"], low, row["held"], text, said, asked=row["asked"])


def _finding(rows: Sequence[Row], title: str) -> str:
    if not rows:
        return _("No forecast was tested here, so nobody can tell what its ranges hold.")
    told = "; ".join(
        _("{name}: {held} held, {words}").format(
            name=_name(row), held=percent(row["held"], 0), words=words(row)
        )
        for row in rows
    )
    return _("{title}, {count} outcomes. {findings}.").format(
        title=title, count=number(rows[0]["n_obs"], 0), findings=told
    )


def _headings() -> dict[str, str]:
    return {
        "name": _("Band or quantile"),
        "asked": _("Asked"),
        "held": _("Held"),
        "least": _("Held, without its ends"),
        "n_obs": _("Observations"),
        "items": _("Parts"),
        "n_origins": _("Tests"),
        "told": _("In words"),
    }
