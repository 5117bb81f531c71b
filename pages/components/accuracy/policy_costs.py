"""What each rule to order by would have cost in the tests: stock left over, and units lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa
import streamlit as st

from datalayer.portal import Result
from pages.components import captions, tables
from pages.components.accuracy.asked_accuracy import AskedAccuracy
from pages.components.language import _, ngettext, number, percent
from pages.components.orders.order_words import money
from pages.components.units import amount

_SERVICE: Final = "lead_time_quantile"
_NOTHING: Final = "order_nothing"
_LARGE: Final = 1000.0  # from here on amounts are told without cents
_PLACES: Final = 2  # of what a unit asked for, or a hundred of value, costs
_ALIKE: Final = 0.0005

Row = Mapping[str, Any]


def show(asked: AskedAccuracy, costs: Result) -> None:
    """Draw which rule costs least, and every rule's cost.

    Args:
        asked: What is judged.
        costs: The answer to ``questions.accuracy.policy_costs``.
    """
    st.header(_("Cost of the rules"), anchor=False)
    rows = costs.table.to_pylist()
    st.markdown(captions.literal(" ".join(sentences(rows, asked.currency))))
    if not rows:
        return
    tables.draw(_told(rows), _headings(rows, asked.currency), key="policy-costs")
    st.caption(captions.literal(_how(rows[0])))
    captions.show(costs.provenance, of="policy-costs")


def sentences(rows: Sequence[Row], currency: str) -> list[str]:
    """Return which rule costs least for what was asked for, by how much, and its bounds."""
    real = [row for row in rows if not row["is_hindsight"]]
    if not real or _asked_cost(real[0]) is None:
        return [
            _(
                "What the rules would have cost is not published of this group: that takes parts "
                "with a known cost, and one category or class at most."
            )
        ]
    best = real[0]
    said = [_best(best, _beside(real), currency)]
    nothing, bound = (
        _("Ordering nothing would have cost {cost}."),
        _("With all demand known beforehand it would have been {cost}, which no rule reaches."),
    )
    said += [
        (bound if row["is_hindsight"] else nothing).format(cost=_cost(row, currency))
        for row in rows
        if row["is_hindsight"] or (row["policy"] == _NOTHING and row is not best)
    ]
    return said


def rule_name(policy: str) -> str:
    """Return what a rule to order by is called."""
    return {
        "myopic_lost_sales": _("Left against lost, in money"),
        _SERVICE: _("Service levels"),
        "textbook": _("The textbook's formula"),
        "newsvendor": _("Quantile of delivery and review"),
        _NOTHING: _("Order nothing"),
        "perfect_foresight": _("All known beforehand (hindsight)"),
    }.get(policy, policy)


def _beside(real: Sequence[Row]) -> Row | None:
    """The rule that the best one is compared with: service levels, else the next."""
    others = real[1:]
    return next((row for row in others if row["policy"] == _SERVICE), next(iter(others), None))


def _best(best: Row, other: Row | None, currency: str) -> str:
    told = _("In this publication's past “{rule}” costs least: {cost}")
    head = told.format(rule=rule_name(best["policy"]), cost=_cost(best, currency))
    there = 0.0 if other is None else _shown(other)
    if other is None or not there:
        return f"{head}."
    less = 1.0 - _shown(best) / there
    alike = less < _ALIKE
    text = _("as much as “{rule}”") if alike else _("{share} less than “{rule}” ({cost})")
    found = text.format(
        share=percent(less), rule=rule_name(other["policy"]), cost=_cost(other, currency)
    )
    return f"{head}, {found}."


def _asked_cost(row: Row) -> float | None:
    """The cost of a unit asked for, or of 100 of value where units can't be added."""
    if row["cost_per_unit"] is not None:
        return float(row["cost_per_unit"])
    return None if row["cost_share"] is None else 100.0 * float(row["cost_share"])


def _shown(row: Row) -> float:
    """The same as it is shown, so that a difference is that of what is seen."""
    return round(_asked_cost(row) or 0.0, _PLACES)


def _cost(row: Row, currency: str) -> str:
    told = money(_shown(row), currency, _PLACES)
    if row["cost_per_unit"] is not None:
        return _("{cost} per unit asked for").format(cost=told)
    whole = amount(100.0, "currency", currency=currency)
    return _("{cost} for every {whole} asked for").format(cost=told, whole=whole)


def _told(rows: Sequence[Row]) -> pa.Table:
    """The table's rows; each cost is the sum of the two that are shown beside it."""
    places = 0 if max(row["cost"] for row in rows) >= _LARGE else 2
    held, lost = (
        [round(Decimal(row[name]), places) for row in rows]
        for name in ("holding_cost", "lost_cost")
    )
    sums = [one + other for one, other in zip(held, lost, strict=True)]
    by_name = {"holding_cost": held, "lost_cost": lost, "cost": sums}
    amounts = pa.decimal128(38, places)
    return pa.table(
        {
            "policy": [rule_name(row["policy"]) for row in rows],
            **{name: pa.array(values, amounts) for name, values in by_name.items()},
            "asked": pa.array(
                [round(Decimal(_asked_cost(row) or 0.0), _PLACES) for row in rows],
                pa.decimal128(38, _PLACES),
            ),
        }
    )


def _headings(rows: Sequence[Row], currency: str) -> dict[str, str]:
    by_unit = rows[0]["cost_per_unit"] is not None
    whole = amount(100.0, "currency", currency=currency)
    by_value = _("For every {whole} asked for").format(whole=whole)
    return {
        "policy": _("Rule"),
        "holding_cost": _("Holding what is left"),
        "lost_cost": _("Units lost"),
        "cost": _("Cost"),
        "asked": _("Per unit asked for") if by_unit else by_value,
    }


def _how(row: Row) -> str:
    """Return how the costs came about, and of how many parts a cost is assumed."""
    text = ngettext(
        "Replayed over {windows} past orders of {count} part where its stock lies.",
        "Replayed over {windows} past orders of {count} parts where their stock lies.",
        row["n_series"],
    )
    said = [text.format(windows=number(row["n_windows"], 0), count=number(row["n_series"], 0))]
    said.append(
        _(
            "All rules begin with the same stock, know only what was forecast by then, and lose "
            "what they can't meet. What passes before the first order arrives isn't counted."
        )
    )
    if row["n_assumed"]:
        text = _("What a lost unit or holding costs is assumed for {count} of them.")
        said.append(text.format(count=number(row["n_assumed"], 0)))
    return " ".join(said)
