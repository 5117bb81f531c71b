"""Reconciliation: what one source expects at all levels made to add up.

Every level is forecast by itself, so the sum over the places differs from the forecast of the
whole. Here the whole is believed, and shared out downwards in the proportion of what is forecast
below it. Few demands fall on a single place, and its series begins with the first of them, so
that forecasts of places tend to be too high; the network's are the steadier ones.

Source: Athanasopoulos, Ahmed and Hyndman 2009, "Hierarchical forecasts for Australian domestic
tourism", International Journal of Forecasting 25, section 3 (forecasted proportions); Hyndman and
Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., section 11.2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ml_jobs.arrays import BoolArray, FloatArray, IntArray, divide
from ml_jobs.inputs.locations import Hierarchy
from ml_jobs.panel import Panel


@dataclass(frozen=True)
class Tree:
    """How the series of a panel hang together, shape (S,) each.

    Attributes:
        parents: The series of the same item one place above, -1 for the network's.
        roots: The series of the same item in the whole network.
        depths: Steps up to the network.
    """

    parents: IntArray
    roots: IntArray
    depths: IntArray

    @property
    def is_flat(self) -> bool:
        """Whether every series is the network's."""
        return not self.depths.any()


def tree_of(panel: Panel, hierarchy: Hierarchy) -> Tree:
    """Find the series above each series of *panel*, whose series exist at every level."""
    count = len(panel.item_ids)
    if hierarchy.is_flat:
        own = np.arange(count, dtype=np.int64)
        return Tree(np.full(count, -1, np.int64), own, np.zeros(count, np.int64))
    items = pa.array(panel.item_ids, pa.string()).dictionary_encode().indices
    place = {code: number for number, code in enumerate(hierarchy.location_ids)}
    nodes = np.array([place[code] for code in panel.location_ids], np.int64)
    # Series are sorted by item and location, so these keys rise.
    above = items.to_numpy().astype(np.int64) * len(place)
    keys = above + nodes
    parents = np.searchsorted(keys, above + hierarchy.parents[nodes])
    root = int(np.flatnonzero(hierarchy.parents < 0)[0])
    return Tree(
        np.where(nodes == root, -1, parents),
        np.searchsorted(keys, above + root),
        hierarchy.depths[nodes],
    )


def reconcile(mean: FloatArray, known: Panel, tree: Tree) -> FloatArray:
    """Return forecasts that add up; those of the whole network stay as they are.

    Where a source covers all series of an item that have begun, every place becomes the sum of
    those below it that have a forecast. Where it covers the network alone, nothing changes.
    Where it covers some places only, they can't be told apart from the rest of the network, so
    below the network nothing is kept.

    Args:
        mean: Units per period, at least 0, shape (S, H); NaN where the source covers nothing.
        known: What the forecasts were made from.
        tree: Of the panel that *known* is a view of.

    Returns:
        Units per period, at least 0, shape (S, H); *mean* itself where there are no levels.
    """
    if tree.is_flat:
        return mean
    whole = _of_whole_items(np.isfinite(mean[:, 0]), known.starts < len(known.dates), tree)
    answer = np.where((whole | (tree.depths == 0))[:, None], mean, np.nan)
    # Where no demand is forecast below, the demand there so far gives the proportions.
    history = np.nansum(known.demand, axis=1) + np.finfo(np.float64).tiny
    for depth in range(1, int(tree.depths.max()) + 1):
        here = np.flatnonzero(whole & (tree.depths == depth))
        parent = tree.parents[here]
        expected = _shares(mean[here], parent)
        shares = np.where(np.isnan(expected), _shares(history[here, None], parent), expected)
        answer[here] = answer[parent] * shares
    return answer


def _of_whole_items(covered: BoolArray, begun: BoolArray, tree: Tree) -> BoolArray:
    """Return the covered series of the items of which all that has begun is covered."""
    missing = begun & ~covered
    headless = covered & (tree.parents >= 0) & ~covered[tree.parents]
    broken = np.zeros(len(covered), np.bool_)
    broken[tree.roots[missing | headless]] = True
    return covered & ~broken[tree.roots]


def _shares(amounts: FloatArray, parents: IntArray) -> FloatArray:
    """Return each row's share in the sum of the rows of the same parent, NaN where that is 0."""
    order = np.argsort(parents, kind="stable")
    _, first, group = np.unique(parents[order], return_index=True, return_inverse=True)
    if not first.size:
        return amounts
    shares = np.empty_like(amounts)
    shares[order] = divide(amounts[order], np.add.reduceat(amounts[order], first, axis=0)[group])
    return shares
