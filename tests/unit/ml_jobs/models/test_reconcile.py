"""Forecasts of all levels add up, and those of the whole network stay as they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_jobs.arrays import FloatArray
from ml_jobs.inputs.locations import NETWORK_ONLY, Hierarchy, Location
from ml_jobs.models.reconcile import Tree, reconcile, tree_of
from ml_jobs.panel import NETWORK, Panel
from tests.unit.ml_jobs.panels import panel_of

pytestmark = pytest.mark.ml

HIERARCHY = Hierarchy(
    (
        Location("BA", "Bahia", "site", NETWORK),
        Location("PR", "Paraná", "site", "S"),
        Location("RS", "Rio Grande do Sul", "site", "S"),
        Location("S", "South", "region", NETWORK),
        Location(NETWORK, "Network", NETWORK),
    )
)
SITES_OF_B = (("PR", "S", NETWORK), ("BA", NETWORK), ("BA", "PR", "S", NETWORK))


def laid_out(*places: tuple[str, ...], demand: float = 1.0) -> Panel:
    """A panel of ten periods with one item for each group of places."""
    keys = [(f"I{number}", place) for number, group in enumerate(places) for place in group]
    panel = panel_of(np.full((len(keys), 10), demand))
    return replace(
        panel,
        item_ids=tuple(item for item, _ in keys),
        location_ids=tuple(place for _, place in keys),
    )


ALL = ("BA", "PR", "RS", "S", NETWORK)


def adds_up(mean: FloatArray, tree: Tree) -> bool:
    """Whether every series with others below that have a forecast is the sum of those."""
    covered = np.isfinite(mean[:, 0])
    for series in np.flatnonzero(covered):
        below = covered & (tree.parents == series)
        if below.any() and not np.allclose(mean[series], mean[below].sum(axis=0), rtol=1e-9):
            return False
    return True


def test_every_series_hangs_under_the_next_place_above_of_its_item() -> None:
    panel = laid_out(ALL, ("PR", "S", NETWORK))

    tree = tree_of(panel, HIERARCHY)

    assert tree.parents.tolist() == [4, 3, 3, 4, -1, 6, 7, -1]
    assert tree.roots.tolist() == [4] * 5 + [7] * 3
    assert tree.depths.tolist() == [1, 2, 2, 1, 0, 2, 1, 0]


def test_a_forecast_is_shared_out_as_was_forecast_below() -> None:
    panel = laid_out(ALL)
    mean = np.array([[2.0, 0.0], [1.0, 3.0], [3.0, 1.0], [6.0, 5.0], [10.0, 8.0]])

    answer = reconcile(mean, panel, tree_of(panel, HIERARCHY))

    assert answer.tolist() == [[2.5, 0.0], [1.875, 6.0], [5.625, 2.0], [7.5, 8.0], [10.0, 8.0]]


def test_where_nothing_is_forecast_below_past_demand_says_how_to_share() -> None:
    demand = np.repeat([[3.0], [1.0], [1.0], [4.0]], 10, axis=1)
    panel = replace(laid_out(("BA", "PR", "S", NETWORK)), demand=demand)
    mean = np.array([[0.0], [0.0], [0.0], [8.0]])

    answer = reconcile(mean, panel, tree_of(panel, HIERARCHY))

    assert answer.ravel().tolist() == [6, 2, 2, 8]


def test_without_any_past_demand_either_all_places_share_alike() -> None:
    panel = laid_out(("BA", "PR", "S", NETWORK), demand=0.0)
    mean = np.array([[0.0], [0.0], [0.0], [8.0]])

    answer = reconcile(mean, panel, tree_of(panel, HIERARCHY))

    assert answer.ravel().tolist() == [4, 4, 4, 8]


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_whatever_a_source_covers_what_is_left_adds_up_and_the_network_is_kept(
    data: st.DataObject,
) -> None:
    groups = data.draw(st.lists(st.sampled_from([ALL, *SITES_OF_B]), min_size=1, max_size=4))
    panel = laid_out(*groups)
    count = len(panel.item_ids)
    tree = tree_of(panel, HIERARCHY)
    chance = np.random.default_rng(data.draw(st.integers(0, 1000)))
    mean = np.where(chance.random((count, 3)) < 0.3, 0.0, chance.exponential(5.0, (count, 3)))
    mean[np.array(data.draw(st.lists(st.booleans(), min_size=count, max_size=count)))] = np.nan
    begun = np.array(data.draw(st.lists(st.booleans(), min_size=count, max_size=count)))
    known = replace(panel, starts=np.where(begun | (tree.depths == 0), 0, 99))

    answer = reconcile(mean, known, tree)

    assert adds_up(answer, tree)
    assert np.isnan(answer[np.isnan(mean)]).all()
    np.testing.assert_array_equal(answer[tree.depths == 0], mean[tree.depths == 0])
    assert (np.nan_to_num(answer) >= 0).all()


def test_what_adds_up_stays_as_it_is() -> None:
    panel = laid_out(ALL)
    mean = np.array([[2.0], [1.0], [3.0], [4.0], [6.0]])

    answer = reconcile(mean, panel, tree_of(panel, HIERARCHY))

    np.testing.assert_allclose(answer, mean, rtol=1e-12)


def test_a_source_that_covers_the_network_alone_stays_as_it_is() -> None:
    panel = laid_out(ALL)
    mean = np.array([[np.nan], [np.nan], [np.nan], [np.nan], [6.0]])

    answer = reconcile(mean, panel, tree_of(panel, HIERARCHY))

    np.testing.assert_array_equal(answer, mean)


def test_of_a_source_that_covers_some_places_only_the_network_is_kept() -> None:
    panel = laid_out(ALL)
    mean = np.array([[2.0], [np.nan], [np.nan], [np.nan], [6.0]])

    answer = reconcile(mean, panel, tree_of(panel, HIERARCHY))

    np.testing.assert_array_equal(answer.ravel(), [np.nan] * 4 + [6.0])


def test_a_place_that_has_not_begun_needs_no_forecast() -> None:
    panel = laid_out(ALL)
    known = replace(panel, starts=np.array([0, 99, 0, 0, 0]))
    mean = np.array([[2.0], [np.nan], [1.0], [4.0], [12.0]])

    answer = reconcile(mean, known, tree_of(panel, HIERARCHY))

    np.testing.assert_array_equal(answer.ravel(), [4.0, np.nan, 8.0, 8.0, 12.0])


def test_an_item_is_reconciled_alike_whatever_others_stand_beside_it() -> None:
    alone, beside = laid_out(ALL), laid_out(ALL, *SITES_OF_B)
    mean = np.random.default_rng(3).exponential(5.0, (len(beside.item_ids), 4))

    of_one = reconcile(mean[:5], alone, tree_of(alone, HIERARCHY))
    of_all = reconcile(mean, beside, tree_of(beside, HIERARCHY))

    np.testing.assert_array_equal(of_one, of_all[:5])


@pytest.mark.parametrize("hierarchy", [NETWORK_ONLY, HIERARCHY])
def test_without_levels_the_same_array_comes_back(hierarchy: Hierarchy) -> None:
    panel = laid_out((NETWORK,), (NETWORK,))
    mean = np.ones((2, 3))

    assert reconcile(mean, panel, tree_of(panel, hierarchy)) is mean
