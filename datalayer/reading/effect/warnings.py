"""What a person must look at before a publication is activated, though the contract holds."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import RowsLost
from datalayer.kernel.sentences import Sentence
from datalayer.publications.losses import OF_THE_DAY, losses
from datalayer.reading.effect.model import Effect
from datalayer.reading.effect.proposals import Proposals, share

MOST_VALUE_CHANGE: Final = Decimal("0.2")
"""Share by which the value of the proposed orders may change unwarned."""
MOST_MOVED: Final = 0.2
"""Share of the proposed orders that may move by more than a fifth unwarned."""


def warnings_of(effect: Effect, registry: Registry) -> tuple[Sentence, ...]:
    """Return the warnings, what is lost first; nothing where nothing stands out.

    Sources are called as *registry* calls them.
    """
    return (
        *_lost(effect),
        *_parts(effect),
        *_sources(effect, registry),
        *_backtest(effect),
        *_value(effect.proposals),
        *_moved(effect.proposals),
    )


def _lost(effect: Effect) -> Iterator[Sentence]:
    """What is to be confirmed whatever else there is, then data sets that lose half their rows."""
    found = losses(effect.after.manifest, effect.before.manifest)
    yield from (each.__str__() for each in found)
    told = {each.data_set for each in found if isinstance(each, RowsLost)}
    for each in effect.rows:
        before = each.active_rows or 0
        if (
            before
            and 2 * each.candidate_rows <= before
            and each.data_set not in OF_THE_DAY | told | {"fact_backtest"}
        ):
            yield Sentence(
                "half of the rows of {data_set:s} are gone: {after} instead of {before}",
                data_set=each.data_set,
                after=each.candidate_rows,
                before=before,
            )


def _parts(effect: Effect) -> Iterator[Sentence]:
    """What no number of rows shows: as many other parts in the place of those that are gone."""
    before, gone = effect.before.parts, effect.dropped_parts
    if before and 2 * gone >= before and 2 * effect.after.parts > before:
        yield Sentence(
            "parts that are gone: {gone} of {before}; parts that are new: {new}",
            gone=gone,
            before=before,
            new=effect.new_parts,
        )


def _sources(effect: Effect, registry: Registry) -> Iterator[Sentence]:
    known = registry.sources
    names = [known[name].label.en if name in known else name for name in effect.gone_sources]
    if names:
        yield Sentence("sources of forecasts that are gone: {sources}", sources=names)


def _backtest(effect: Effect) -> Iterator[Sentence]:
    before, after = (len(each.cutoffs) for each in (effect.before, effect.after))
    if before and 2 * after <= before:
        yield Sentence(
            "half of the backtest is gone: it forecast from {after} days instead of {before}",
            after=after,
            before=before,
        )


def _value(proposals: Proposals) -> Iterator[Sentence]:
    before, after = proposals.before.value, proposals.after.value
    if before is None or after is None or not proposals.same_currency:
        return
    if abs(after - before) <= MOST_VALUE_CHANGE * before:
        return
    per_cent = share(before, after)
    if per_cent is None:
        yield Sentence("orders are proposed where none were")
    elif per_cent > 0:
        yield Sentence("the value of the proposed orders rises by {share}%", share=per_cent)
    else:
        yield Sentence("the value of the proposed orders falls by {share}%", share=-per_cent)


def _moved(proposals: Proposals) -> Iterator[Sentence]:
    if proposals.moved > MOST_MOVED * proposals.proposed:
        yield Sentence(
            "{moved} of {proposed} proposed orders change by more than a fifth",
            moved=proposals.moved,
            proposed=proposals.proposed,
        )
