"""Which source stands for a series: the best of its demand class, never of the series alone.

A series has one loss per origin, and a handful of origins say little about which source is best
for it; its class has thousands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ml_jobs.arrays import BoolArray, TextArray, divide
from ml_jobs.columns import column_of

EVERYONE = "all"
CLASS_GROUPING = "demand_class"
FAVOURITE = "ensemble"
MARGIN = 0.02  # share of its loss by which another source must be better than the favourite
KEYS = ("group_by", "group_value", "source", "horizon")


@dataclass(frozen=True)
class Champions:
    """The source chosen for each demand class.

    Attributes:
        by_class: The source with the lowest scaled pinball loss among those that cover all of the
            class; a class that no origin judged is not there.
        ranking: All sources, the best on the whole network first: what stands in where a class
            has no champion, or the champion does not cover a series.
    """

    by_class: Mapping[str, str]
    ranking: tuple[str, ...]

    def of(
        self, classes: TextArray, covered: Mapping[str, BoolArray], *, ended: BoolArray
    ) -> TextArray:
        """Return the source of each series; empty where none covers it.

        Args:
            classes: Demand class of each series, shape (S,).
            covered: Which series each source covers, shape (S,) each.
            ended: Series that most likely ended; only the ensemble knows of that, so it stands
                for those that it covers, shape (S,).
        """
        chosen = np.full(len(classes), "", dtype="<U32")
        for name in np.unique(classes):
            first = [self.by_class[name]] if name in self.by_class else []
            for source in (*first, *self.ranking):
                if source in covered:
                    chosen[(classes == name) & covered[source] & (chosen == "")] = source
        if FAVOURITE in covered:
            chosen[ended & covered[FAVOURITE]] = FAVOURITE
        return chosen


def eligible_series(
    future: Mapping[str, BoolArray], judged: Mapping[str, BoolArray]
) -> dict[str, BoolArray]:
    """Return which series each source may stand for: those it forecasts and was judged on.

    A series that no source was judged on may take any that forecasts it. Both arguments say of
    each source which series, shape (S,) each; *judged* is empty without a backtest.
    """
    if not judged:
        return dict(future)
    unjudged = ~np.logical_or.reduce(list(judged.values()))
    return {s: covered & (judged[s] | unjudged) for s, covered in future.items()}


def class_champions(sums: pa.Table, horizon: int, sources: Sequence[str]) -> Champions:
    """Choose each demand class's champion over the first *horizon* steps.

    The loss is the mean over the class's series of the scaled pinball loss, as ``agg_metrics``
    publishes it. The ensemble is the champion unless another source's loss is lower by more than
    ``MARGIN``: a lead over four cutoffs that is smaller than that seldom lasts. *sums* are those
    of `aggregates.metric_sums`; *sources* are all, in the order that decides a tie.
    """
    groups = _groups_at(sums, horizon, sources, margin=MARGIN)
    classes = {value: order for (name, value), order in groups.items() if name == CLASS_GROUPING}
    everywhere = groups.get((EVERYONE, EVERYONE), ())
    unjudged = tuple(source for source in sources if source not in everywhere)
    return Champions({name: order[0] for name, order in classes.items()}, everywhere + unjudged)


def best_rows(sums: pa.Table, champions: Champions) -> BoolArray:
    """Return which rows are those of their group's champion: exactly one per group and horizon.

    A demand class takes the champion that was chosen for it, where that was judged on it.
    """
    keys = list(keys_of(sums))
    best = np.zeros(len(keys), dtype=bool)
    places = {key: place for place, key in enumerate(keys)}
    for horizon in sorted({key[3] for key in keys}):
        for (name, value), order in _groups_at(sums, horizon, champions.ranking).items():
            chosen = champions.by_class.get(value) if name == CLASS_GROUPING else None
            best[places[name, value, chosen if chosen in order else order[0], horizon]] = True
    return best


def _groups_at(
    sums: pa.Table, horizon: int, sources: Sequence[str], *, margin: float = 0.0
) -> dict[tuple[str, str], tuple[str, ...]]:
    """The sources judged on each group, those that cover all of it first, then the best first."""
    loss = divide(column_of(sums, "scaled_pinball"), column_of(sums, "scaled_pinball_count"))
    ranks = zip(-column_of(sums, "n_obs"), np.nan_to_num(loss, nan=np.inf), strict=True)
    found: dict[tuple[str, str], list[tuple[float, float, int, str]]] = {}
    for (name, value, source, steps), (pairs, lost) in zip(keys_of(sums), ranks, strict=True):
        if steps == horizon:
            place = sources.index(source)
            handicapped = lost if source == FAVOURITE else lost / (1.0 - margin)
            found.setdefault((name, value), []).append((pairs, handicapped, place, source))
    return {group: tuple(source for *_, source in sorted(rows)) for group, rows in found.items()}


def keys_of(sums: pa.Table) -> Iterator[tuple[str, str, str, int]]:
    """Yield the values of ``KEYS`` of each row: grouping, its value, source and horizon."""
    return zip(*(sums.column(name).to_pylist() for name in KEYS), strict=True)
