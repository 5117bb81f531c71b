"""Amounts of two publications and their difference: what is shown differs by what is shown."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from datalayer.kernel.contract.spoken import CURRENCIES, PIECES, counted_in
from datalayer.portal import changed_orders
from pages.components.language import NOTHING, _, ngettext, number

SumOf = changed_orders.SumOf

MINUS: Final = "\u2212"
_CENTS: Final = changed_orders.CENTS
_THIN: Final = "\u00a0"


def told(amount: int | None, measure: SumOf, currency: str, *, decimals: int = 0) -> str:
    """Return cents as money, or a number of orders; a dash for nothing known."""
    if amount is None:
        return NOTHING
    if measure is SumOf.ORDERS:
        return number(amount, 0)
    return _money(Decimal(amount) / _CENTS, currency, decimals)


def change(ends: tuple[int, int], measure: SumOf, currency: str, *, decimals: int = 0) -> str:
    """Return the difference of two ends as they are told, with its sign."""
    if measure is SumOf.ORDERS:
        return signed(ends[1] - ends[0])
    step = Decimal(10) ** -decimals
    first, last = (
        (Decimal(end) / _CENTS).quantize(step, rounding="ROUND_HALF_EVEN") for end in ends
    )
    return signed_money(last - first, currency, decimals)


def signed(count: int) -> str:
    """Return a whole number with its sign."""
    return f"{_sign(Decimal(count))}{number(abs(count), 0)}"


def signed_money(amount: Decimal, currency: str, decimals: int) -> str:
    """Return an amount of money with its sign."""
    return f"{_sign(amount)}{_money(abs(amount), currency, decimals)}"


def units(amount: Decimal | None, unit: str | None) -> str:
    """Return how many are ordered, with all digits that count, and what is counted."""
    if amount is None:
        return NOTHING
    return f"{plain_units(amount)}{_THIN}{unit_text(unit, amount)}"


def signed_units(amount: Decimal) -> str:
    """Return a number of units with its sign."""
    return f"{_sign(amount)}{plain_units(abs(amount))}"


def plain_units(amount: Decimal) -> str:
    """Return a number of units with all digits that count."""
    return number(float(amount), max(0, -int(amount.normalize().as_tuple().exponent)))


def unit_text(unit: str | None, amount: Decimal = Decimal(2)) -> str:
    """Return what is counted, in words."""
    if counted_in(unit) == PIECES:
        return ngettext("unit", "units", int(amount) if amount == 1 else 2)
    return str(unit)


def parts(count: int) -> str:
    """Return a number of parts."""
    return ngettext("{count} part", "{count} parts", count).format(count=number(count, 0))


def from_to(before: str, after: str) -> str:
    """Return two ends, from the one to the other."""
    return _("{before} → {after}").format(before=before, after=after)


def _money(amount: Decimal, currency: str, decimals: int) -> str:
    prefix = CURRENCIES.get(currency, f"{currency} ")
    return f"{prefix}{number(float(amount), decimals)}".replace(" ", _THIN)


def _sign(amount: Decimal) -> str:
    return "+" if amount > 0 else MINUS if amount < 0 else "±"
