"""Why something is to be ordered, as one sentence with its numbers, for files of orders."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping

from datalayer.kernel.contract.registry import Language, ReasonCode, Registry

_NUMBERS = str.maketrans(",.", ".,")
# Symbols of units that aren't the same in both languages.
_SYMBOLS = {"en": {}, "pt_BR": {"un/period": "un/período", "demands": "demandas", "items": "peças"}}
_SENTENCES = {
    "en": ("Quantity changed by hand; proposed: {}.", "Check first: ", "Assumed: "),
    "pt_BR": ("Quantidade alterada à mão; proposta: {}.", "Confira antes: ", "Supostos: "),
}


def order_reason(
    action: Mapping[str, object],
    exception: Mapping[str, object],
    registry: Registry,
    language: Language,
    *,
    quantity: float,
) -> str:
    """Return why a row is ordered, what is to be checked first, and what is assumed of it.

    Args:
        action: Its row of ``fact_action``.
        exception: The row of ``fact_exception`` of its first reason; all null where there is none.
        registry: Has the sentences.
        language: Of the answer.
        quantity: Units ordered: if they are others than those proposed, this is said first.
    """
    return " ".join(_sentences(action, exception, registry, language, quantity))


def _sentences(
    action: Mapping[str, object],
    exception: Mapping[str, object],
    registry: Registry,
    language: Language,
    quantity: float,
) -> Iterator[str]:
    changed, check_first, assumed = _SENTENCES[language]
    if action["quantity"] != quantity:
        yield changed.format(_amount(action["quantity"], "", language))
    tiers = registry.data_sets["fact_action"].column("tier").value_labels
    yield f"{tiers[str(action['tier'])].in_language(language)}."
    reason = registry.reason_codes.get(str(exception["reason_code"]))
    if reason:
        yield _sentence(reason, exception, "", language, exception["threshold"])
    check = registry.check_reasons.get(str(action["check_first"]))
    if check:
        yield check_first + _sentence(check, action, "check_", language, check.threshold)
    if action["assumed"]:
        names = _labels(str(action["assumed"]).split(","), registry, language)
        yield f"{assumed}{', '.join(names)}."


def _labels(names: Iterable[str], registry: Registry, language: Language) -> Iterator[str]:
    """Yield the labels of inputs by their columns of parts and stock; others as they are."""
    labels = {
        column.name: column.label
        for data_set in ("dim_item", "fact_inventory")
        for column in registry.data_sets[data_set].columns
    }
    for name in map(str.strip, names):
        yield labels[name].in_language(language).lower() if name in labels else name


def _sentence(
    reason: ReasonCode,
    row: Mapping[str, object],
    prefix: str,
    language: Language,
    threshold: object,
) -> str:
    return reason.sentence.in_language(language).format(
        observed=_amount(row[f"{prefix}observed"], reason.unit, language),
        expected=_amount(row[f"{prefix}expected"], reason.unit, language),
        threshold=_amount(threshold, reason.threshold_unit, language),
    )


def _amount(value: object, unit: str, language: Language) -> str:
    """Return a number with its unit; a dash for none."""
    if not isinstance(value, int | float) or not math.isfinite(value):
        return "-"
    symbol = _SYMBOLS[language].get(unit, unit)
    number, sign = (100 * value, "%") if unit == "share" else (value, symbol)
    text = f"{number:,.2f}".rstrip("0").rstrip(".")
    written = text if language == "en" else text.translate(_NUMBERS)
    return f"{written} {sign}".strip()
