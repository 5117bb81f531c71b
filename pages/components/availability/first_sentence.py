"""The first sentence: what today's stock keeps up, what the contract asks, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pages.components.charts import AvailabilityCurve
from pages.components.charts.availability_words import chance, money, share, towers, why_not
from pages.components.language import _, ngettext, number

Row = Mapping[str, Any]
_FEW: Final = 10


def first_sentence(curve: AvailabilityCurve, currency: str, missing: float | None) -> str:
    """Return what stands still with today's stock, and what is missing for the target.

    Args:
        curve: Of the contract.
        currency: ISO code; empty where none is published.
        missing: What the first steps of the buy list cost that meet the target; None where the
            list can't say.
    """
    if curve.is_unknown:
        return _unknown(curve)
    told = [_today(curve), _target(curve, currency, missing)]
    return " ".join(filter(None, told))


def _unknown(curve: AvailabilityCurve) -> str:
    """Return that nothing can be said of a contract, and what it asks for."""
    text = _(
        "What today's stock keeps up of {contract} isn't known: no part that its towers need is in "
        "these figures."
    ).format(contract=curve.name)
    if curve.target is None:
        return text
    asks = _("{contract} asks for {target}").format(contract=curve.name, target=share(curve.target))
    return f"{text} {asks}."


def _today(curve: AvailabilityCurve) -> str:
    row = curve.today
    if row is None:
        return _("What today's stock keeps up isn't known.")
    text = ngettext(
        "With today's stock, {down} tower on average stands still for want of a part (between "
        "{low} and {high} in nine months of ten)",
        "With today's stock, {down} towers on average stand still for want of a part (between "
        "{low} and {high} in nine months of ten)",
        1 if towers(row["towers_down"]) == towers(1.0) else 2,
    ).format(
        down=towers(row["towers_down"]),
        low=_bound(row["towers_down_low"]),
        high=_bound(row["towers_down_high"]),
    )
    if row["availability"] is None:
        more = _("How many towers there are isn't published, so no percentage can be told.")
        reserve = "" if row["supported"] else f" {_unsupported()}"
        return f"{text}. {more}{reserve}"
    if row["availability"] < 0:
        more = _("That is more than {contract} has.").format(contract=curve.name)
        return f"{text}. {more}"
    told = f"{text}: {share(row['availability'], beside=curve.target)}."
    return told if row["supported"] else f"{told} {_unsupported()}"


def _unsupported() -> str:
    return _("No past supports so few: it may be more.")


def _bound(value: float) -> str:
    """Return an end of the band: whole, unless it is small."""
    return number(value, 0) if value >= _FEW else towers(value)


def _target(curve: AvailabilityCurve, currency: str, missing: float | None) -> str:
    if curve.target is None:
        return _("{contract} has no target.").format(contract=curve.name)
    asks = _("{contract} asks for {target}").format(
        contract=curve.name, target=share(curve.target, beside=_availability(curve.today))
    )
    if curve.towers is None:
        return f"{asks}."
    if curve.meets(curve.today):
        text = _("{asks}: on average that is met; a month meets it with a chance of {chance}.")
        return text.format(asks=asks, chance=chance(_chance(curve.today)))
    return f"{asks}: {_missing(curve, currency, missing)}"


def _missing(curve: AvailabilityCurve, currency: str, missing: float | None) -> str:
    reaching = curve.reaching
    if reaching is None:
        text = _("no point of the curve reaches that.")
        return f"{text} {_most(curve)}"
    if not reaching["supported"]:
        further = curve.reaching_supported
        if further is None:
            return _most(curve, is_begun=True)
        return _difference(curve.today, further, currency)
    if missing is not None:
        text = _("parts for {money} are missing, in the order below.")
        return text.format(money=money(missing, currency))
    return _difference(curve.today, reaching, currency)


def _difference(today: Row | None, reaching: Row, currency: str) -> str:
    """Return what a stock that meets the target costs, beside that of today."""
    cost = round(reaching["stock_value"])
    if today is None:
        text = _("a stock that keeps that costs {cost}.")
        return text.format(cost=money(cost, currency))
    more = cost - round(today["stock_value"])
    if more <= 0:
        text = _("a stock that keeps that costs {cost}, no more than today's, of other parts.")
        return text.format(cost=money(cost, currency))
    text = _("a stock that keeps that costs {cost}, {more} more than today's.")
    return text.format(cost=money(cost, currency), more=money(more, currency))


def _most(curve: AvailabilityCurve, *, is_begun: bool = False) -> str:
    """Return the most that may be claimed, by what the past supports."""
    best = curve.best_supported
    if best is None:
        least = curve.points[0]["not_supported_because"] if curve.points else "no_history"
        text = _("nothing can be promised: {reason}.").format(reason=why_not(least))
    else:
        windows = max(row["n_windows"] for row in curve.points)
        text = ngettext(
            "better than {share} can't be claimed with {count} test of the past.",
            "better than {share} can't be claimed with {count} tests of the past.",
            windows,
        ).format(share=share(best["availability"], beside=curve.target), count=number(windows, 0))
    return text if is_begun else f"{text[:1].upper()}{text[1:]}"


def _availability(row: Row | None) -> float | None:
    return None if row is None else row["availability"]


def _chance(row: Row | None) -> float | None:
    return None if row is None else row["chance_target_met"]
