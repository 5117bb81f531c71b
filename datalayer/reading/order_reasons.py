"""Why something is to be ordered, and what to check before: one sentence for pages and files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from datalayer.kernel.contract.registry import Bilingual, Language, ReasonCode, Registry
from datalayer.kernel.contract.spoken import NOTHING, amount, number, percent, weekday

Card = Mapping[str, Any]
"""A row of ``questions.actions.cards``, or what it has of it."""

_DOWN: Final = Bilingual("down to the reorder point", "no ponto de pedido")
_OUT: Final = Bilingual("has run out", "já acabou")
_RUNS_OUT: Final = Bilingual("runs out {}", "acaba {}")
_WITH_CHANCE: Final = Bilingual("{}, chance of a shortage {}", "{}; chance de faltar: {}")
_LEAST: Final = Bilingual("less than 1 in 100", "menos de 1 em 100")
_MOST: Final = Bilingual("more than 99 in 100", "mais de 99 em 100")
_SO_MANY: Final = Bilingual("{} in {}", "{} em {}")
_IN_TEN: Final = (0.095, 0.95)
_CHECK_FIRST: Final = Bilingual("Check first: {}", "Confira antes: {}")
_MORE: Final = (
    Bilingual("and {} more reason", "e mais {} motivo"),
    Bilingual("and {} more reasons", "e mais {} motivos"),
)
_DIRECTED: Final = {
    "forecast_too_high": Bilingual("the forecast is {} too high", "a previsão está {} alta"),
    "forecast_too_low": Bilingual("the forecast is {} too low", "a previsão está {} baixa"),
    # The part's page lists what is assumed, also what this reason doesn't count.
    "assumed_input": Bilingual(
        "the figures rest on assumptions", "os números baseiam-se em suposições"
    ),
}
_CHANGED: Final = Bilingual(
    "Quantity changed by hand; proposed: {}.", "Quantidade alterada à mão; proposta: {}."
)


def short_why(card: Card, language: Language) -> str:
    """Return why an order is proposed, in a few words.

    Args:
        card: Has runs_out, as_of and stockout_probability.
        language: Of the answer.
    """
    runs_out, as_of = card["runs_out"], card["as_of"]
    if runs_out is None:
        said = _DOWN.in_language(language)
    elif as_of is not None and runs_out <= as_of:
        said = _OUT.in_language(language)
    else:
        said = _RUNS_OUT.in_language(language).format(weekday(runs_out, language, as_of))
    probability = card["stockout_probability"]
    if probability is None:
        return said
    return _WITH_CHANCE.in_language(language).format(said, chance(probability, language))


def chance(probability: float | None, language: Language) -> str:
    """Return a chance in words: ``9 in 10``, ``2 in 100``; a dash for none."""
    if probability is None:
        return NOTHING
    if probability < 0.005:
        return _LEAST.in_language(language)
    if probability > 0.995:
        return _MOST.in_language(language)
    least, most = _IN_TEN
    in_all = 10 if least <= probability < most else 100
    return _SO_MANY.in_language(language).format(round(in_all * probability), in_all)


def check_first(card: Card, registry: Registry, language: Language, *, frequency: str = "D") -> str:
    """Return what to check before acting, with its numbers; an empty string if nothing.

    Args:
        card: Has check_first, check_observed, check_expected and checks.
        registry: Has the sentences.
        language: Of the answer.
        frequency: D, W or MS: the period of demand.
    """
    reason = registry.check_reasons.get(str(card["check_first"]))
    if reason is None:
        return ""
    directed = _DIRECTED.get(reason.name)
    told = (
        directed.in_language(language).format(percent(card["check_observed"], language, 0))
        if directed
        else first_sentence(
            reason,
            (card["check_observed"], card["check_expected"], reason.threshold),
            language,
            frequency=frequency,
        )
    )
    # The reason goes on with the sentence that it stands in.
    reason_text = told[:1].lower() + told[1:].removesuffix(".")
    said = _CHECK_FIRST.in_language(language).format(reason_text)
    more = int(card["checks"]) - 1
    if more < 1:
        return f"{said}."
    others = _MORE[more > 1].in_language(language).format(number(more, language, 0))
    return f"{said}; {others}."


def first_sentence(
    reason: ReasonCode,
    numbers: tuple[float | None, float | None, float | None],
    language: Language,
    *,
    frequency: str = "D",
) -> str:
    """Return the first sentence of a reason; the rest tells of the threshold that lists it.

    Args:
        reason: Has the sentence.
        numbers: What was observed, what was expected, and the threshold.
        language: Of the answer.
        frequency: D, W or MS: the period of demand.
    """
    observed, expected, threshold = numbers
    first, *rest = reason.sentence.in_language(language).split(". ")
    return (f"{first}." if rest else first).format(
        observed=_amount(observed, reason.unit, language, frequency),
        expected=_amount(expected, reason.unit, language, frequency),
        threshold=_amount(threshold, reason.threshold_unit, language, frequency),
    )


def order_reason(
    card: Card, registry: Registry, language: Language, *, quantity: float, frequency: str = "D"
) -> str:
    """Return why a row of a file is ordered, as the page says it; a changed quantity comes first.

    Args:
        card: As for ``short_why`` and ``check_first``, and quantity: the units proposed.
        registry: Has the sentences.
        language: Of the answer.
        quantity: Units ordered.
        frequency: D, W or MS: the period of demand.
    """
    return " ".join(_sentences(card, registry, language, quantity, frequency))


def _sentences(
    card: Card, registry: Registry, language: Language, quantity: float, frequency: str
) -> Iterator[str]:
    if card["quantity"] != quantity:
        yield _CHANGED.in_language(language).format(units(card["quantity"], language))
    why = short_why(card, language)
    yield f"{why[:1].upper()}{why[1:]}."
    if check := check_first(card, registry, language, frequency=frequency):
        yield check


def units(quantity: float, language: Language) -> str:
    """Return a number of units with all its digits."""
    if quantity == int(quantity) and abs(quantity) < 1e15:
        return number(quantity, language, 0)
    decimals = len(f"{quantity:.6f}".rstrip("0").partition(".")[2])
    return number(quantity, language, decimals)


def _amount(value: float | None, unit: str, language: Language, frequency: str) -> str:
    """Return a number of a reason; days and shares in whole numbers, which nobody acts beyond."""
    if value is not None and unit == "d":
        return amount(round(value), unit, language, frequency=frequency)
    if value is not None and unit == "share":
        return percent(value, language, 0)
    return amount(value, unit, language, frequency=frequency)
