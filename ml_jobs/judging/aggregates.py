"""Scores of groups of items, from sums that add up over partitions: ``agg_metrics``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce

import numpy as np
import pyarrow as pa
from scipy import sparse

from ml_jobs.arrays import FloatArray, IntArray, TextArray, divide
from ml_jobs.columns import numbers, texts_of
from ml_jobs.judging import metrics
from ml_jobs.judging.bootstrap import resamples, value_added_interval
from ml_jobs.judging.champions import CLASS_GROUPING, EVERYONE, KEYS, Champions, best_rows, keys_of
from ml_jobs.judging.scores import (
    BANDS,
    INTERVAL,
    MEASURES,
    NAIVE,
    Measures,
    Pairs,
    pooled_measures,
)
from ml_jobs.options import ForecastOptions
from ml_jobs.panel import NETWORK, Items, Panel

UNCLASSIFIED = "unclassified"
GROUPINGS = ("category", "abc_class", CLASS_GROUPING)

OVER_PAIRS = (
    "n_obs",
    "zeros",
    "actual",
    "error",
    "absolute_error",
    "relative_error",
    "loss",
    "total_error",
    *BANDS,
)
MEAN_OVER_ITEMS = ("mase", "rmsse", "scaled_pinball")
COMPARED = ("compared_loss", "compared_naive")
SUMS = (*OVER_PAIRS, *MEAN_OVER_ITEMS, *(f"{name}_count" for name in MEAN_OVER_ITEMS), *COMPARED)
DRAWS = ("loss_draws", "naive_draws")


def groupings_of(items: Items) -> dict[str, TextArray]:
    """Return what `metric_sums` groups by: a value per row of the items, by grouping."""
    return {name: texts_of(items.table, name, otherwise=UNCLASSIFIED) for name in GROUPINGS}


def metric_sums(
    panel: Panel,
    groupings: Mapping[str, TextArray],
    pairs: Mapping[str, Pairs],
    horizons: Sequence[int],
    options: ForecastOptions,
) -> pa.Table:
    """Return the sums that the scores of groups are made of, for the series of one partition.

    Only the series of the whole network count: those of its locations are parts of them. A
    group's rows are those of the sources that were judged on any of its series. *groupings* holds
    the value of each series by grouping, shape (S,) each; *horizons* are numbers of steps that are
    measured together.
    """
    network = np.flatnonzero(np.array(panel.location_ids) == NETWORK)
    if not len(network):
        return _schema(options.bootstrap_samples).empty_table()
    names = [panel.item_ids[row] for row in network], [NETWORK] * len(network)
    draws = resamples(*names, samples=options.bootstrap_samples, seed=options.seed)
    values = {name: of_all[network] for name, of_all in groupings.items()}
    groups, members = _groups_of(values, len(network))
    parts = [
        _rows_of([(*group, source, horizon) for group in groups], members, added, draws)
        for horizon in horizons
        for source, added in _sums_by_source(pairs, network, horizon).items()
    ]
    return pa.concat_tables([_schema(options.bootstrap_samples).empty_table(), *parts])


def _groups_of(
    groupings: Mapping[str, TextArray], series: int
) -> tuple[list[tuple[str, str]], sparse.csr_array]:
    """Grouping and value of each of G groups, and 1 where a series is in a group, shape (G, S)."""
    names = [(EVERYONE, EVERYONE)]
    members = [np.ones(series)]
    for name, values in groupings.items():
        for value in np.unique(values):
            names.append((name, str(value)))
            members.append((values == value).astype(np.float64))
    return names, sparse.csr_array(np.stack(members))


def _sums_by_source(
    pairs: Mapping[str, Pairs], rows: IntArray, horizon: int
) -> dict[str, Measures]:
    """What each source adds to each of ``SUMS`` per series; 0 where it was not judged.

    Beside them, under ``n_origins``, at how many origins it was judged; shape (S,) each.
    """
    parts = {source: whole.part(rows, horizon) for source, whole in pairs.items()}
    measured = {source: part.measures() for source, part in parts.items()}
    naive = measured.get(NAIVE)
    naive_loss = np.full(len(rows), np.nan) if naive is None else naive["scaled_pinball"]
    return {
        source: {"n_origins": part.n_origins.astype(np.float64)}
        | part.sums()
        | _item_sums(measured[source], naive_loss)
        for source, part in parts.items()
    }


def _item_sums(measured: Measures, naive_loss: FloatArray) -> Measures:
    """What means over items are made of, and the losses where both source and naive have one."""
    sums = {name: np.nan_to_num(measured[name]) for name in MEAN_OVER_ITEMS}
    for name in MEAN_OVER_ITEMS:
        sums[f"{name}_count"] = np.isfinite(measured[name]).astype(np.float64)
    losses = (measured["scaled_pinball"], naive_loss)
    both = np.isfinite(losses).all(axis=0)
    return sums | {
        name: np.where(both, loss, 0.0) for name, loss in zip(COMPARED, losses, strict=True)
    }


def _rows_of(
    keys: Sequence[tuple[str, str, str, int]],
    members: sparse.csr_array,
    added: Measures,
    draws: FloatArray,
) -> pa.Table:
    """The rows of the groups with these values of ``KEYS``, of which anything was judged."""
    sums = {name: members @ added[name] for name in SUMS}
    judged = np.flatnonzero(sums["n_obs"] > 0).tolist()
    origins = members.multiply(added["n_origins"]).max(axis=1).toarray()
    resampled = [(members.multiply(added[name]).tocsr() @ draws)[judged] for name in COMPARED]
    columns: dict[str, object] = {
        **{name: [keys[row][place] for row in judged] for place, name in enumerate(KEYS)},
        "n_origins": origins[judged].astype(np.int64),
        **{name: sums[name][judged] for name in SUMS},
        **{name: _lists(drawn) for name, drawn in zip(DRAWS, resampled, strict=True)},
    }
    return pa.table(columns, schema=_schema(draws.shape[1]))


def _lists(values: FloatArray) -> pa.FixedSizeListArray:
    return pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), values.shape[1])


def _schema(samples: int) -> pa.Schema:
    text = [(name, pa.string()) for name in KEYS[:3]]
    counts = [(name, pa.int64()) for name in ("horizon", "n_origins")]
    sums = [(name, pa.float64()) for name in SUMS]
    draws = [(name, pa.list_(pa.float64(), samples)) for name in DRAWS]
    return pa.schema([*text, *counts, *sums, *draws])


def merge_sums(parts: Iterable[pa.Table]) -> pa.Table:
    """Add up what `metric_sums` found in each of at least one partition, held two at a time."""
    return reduce(_add, parts)


def _add(first: pa.Table, second: pa.Table) -> pa.Table:
    both = pa.concat_tables([first, second])
    if not both.num_rows:
        return both
    places: dict[tuple[object, ...], int] = {}
    rows = np.array([places.setdefault(key, len(places)) for key in keys_of(both)], dtype=np.int64)
    origins = np.zeros(len(places), dtype=np.int64)
    np.maximum.at(origins, rows, both.column("n_origins").to_numpy())
    adding = sparse.csr_array(
        (np.ones(len(rows)), (rows, np.arange(len(rows)))), shape=(len(places), len(rows))
    )
    columns: dict[str, object] = {
        **{name: [key[place] for key in places] for place, name in enumerate(KEYS)},
        "n_origins": origins,
        **{name: adding @ both.column(name).to_numpy() for name in SUMS},
        **{name: _lists(adding @ _draws(both, name)) for name in DRAWS},
    }
    return pa.table(columns, schema=both.schema)


def _draws(sums: pa.Table, name: str) -> FloatArray:
    """A column of resampled sums, shape (rows, samples)."""
    lists = sums.column(name).combine_chunks()
    values: FloatArray = lists.flatten().to_numpy().reshape(-1, lists.type.list_size)
    return values


def agg_metrics(sums: pa.Table, champions: Champions) -> pa.Table:
    """Return the scores of every group.

    MAPE, WAPE, WQL, the error of the total, bias, tracking signal and coverage are those of all
    pairs of the group together; MASE, RMSSE and scaled pinball loss are means over its series,
    and so is what the value added compares. A source that covers a part of the group only is
    compared with naive on that part, and is never the group's champion. A demand class's champion
    is the one that its items take; that of any other group has the lowest scaled pinball loss.
    *sums* are those of `merge_sums`.
    """
    values = {name: sums.column(name).to_numpy() for name in SUMS}
    measures = pooled_measures(values)
    for name in MEAN_OVER_ITEMS:
        measures[name] = divide(values[name], values[f"{name}_count"])
    measures |= _value_added(sums, values)
    columns: dict[str, object] = {
        **{name: sums.column(name) for name in (*KEYS, "n_origins")},
        "n_obs": values["n_obs"].astype(np.int64),
        "is_champion": best_rows(sums, champions),
        **{name: numbers(measures[name]) for name in (*MEASURES, *INTERVAL)},
    }
    return pa.table(columns)


def _value_added(sums: pa.Table, values: Measures) -> Measures:
    value = metrics.forecast_value_added(values["compared_loss"], values["compared_naive"])
    loss, naive_loss = (_draws(sums, name) for name in DRAWS)
    ends = [value_added_interval(*drawn) for drawn in zip(loss, naive_loss, strict=True)]
    low, high = np.array(ends).reshape(-1, 2).T
    return {
        "fva_vs_naive": value,
        "fva_low": np.minimum(low, value),
        "fva_high": np.maximum(high, value),
    }
