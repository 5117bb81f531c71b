"""What there is to spend on parts of each class: which budgets a publication has."""

from __future__ import annotations

from typing import Final

from datalayer.kernel.contract.manifest import Manifest
from pages.components.availability.left_out import noted
from pages.components.charts.availability_words import money
from pages.components.language import _
from pages.components.value_words import value_label

CRITICALITY: Final = "criticality"
_MOST: Final = 5


def amounts(manifest: Manifest) -> dict[str, float]:
    """Return the budget of each class that has one; none where the publication names none."""
    found = noted(manifest, "forecast", "class_budgets", "amounts")
    return {
        str(name): float(value)
        for name, value in found.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def sentence(manifest: Manifest, currency: str) -> str:
    """Return which classes have a budget; an empty text where none has."""
    found = amounts(manifest)
    if not found:
        return ""
    by_criticality = noted(manifest, "forecast", "class_budgets").get("kind") == CRITICALITY
    names = {
        name: value_label("dim_item", CRITICALITY, name) if by_criticality else name
        for name in list(found)[:_MOST]
    }
    told = [f"{names[name]} {money(found[name], currency)}" for name in names]
    if more := len(found) - len(told):
        told.append(_("and {count} more").format(count=more))
    text = (
        _("Budgets by criticality: {budgets}. What goes beyond them isn't in this list.")
        if by_criticality
        else _("Budgets by category: {budgets}. What goes beyond them isn't in this list.")
    )
    return text.format(budgets="; ".join(told))
