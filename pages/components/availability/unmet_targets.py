"""What is bought for contracts whose target no stock meets."""

from __future__ import annotations

from datalayer.kernel.contract.manifest import Manifest
from pages.components.availability import buy_words
from pages.components.availability.asked_availability import AskedAvailability
from pages.components.availability.left_out import noted
from pages.components.language import ngettext


def sentence(manifest: Manifest, asked: AskedAvailability) -> str:
    """Return whose target no stock meets, and at which price is bought for their towers.

    An empty text where every target can be met, or the publication doesn't say.
    """
    told = noted(manifest, "forecast", "tower_hours")
    unmet, dearest = told.get("unmet"), told.get("dearest")
    if not (isinstance(unmet, list) and unmet and isinstance(dearest, int | float)):
        return ""
    text = ngettext(
        "No stock meets the target of {contracts}: what is bought for its towers is what is worth "
        "its cost at {price} for a tower-hour.",
        "No stock meets the targets of {contracts}: what is bought for their towers is what is "
        "worth its cost at {price} for a tower-hour.",
        len(unmet),
    )
    names = ", ".join(asked.name(str(code)) for code in unmet)
    return text.format(contracts=names, price=buy_words.cost(dearest, asked.currency))
