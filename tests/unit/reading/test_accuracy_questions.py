"""What is told of accuracy equals what follows from the published rows, reckoned another way."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable
from typing import Any

import pyarrow as pa
import pytest

from datalayer.kernel.contract.manifest import Manifest
from datalayer.reading.publication import Publication
from datalayer.reading.question import Question
from datalayer.reading.questions import accuracy
from datalayer.reading.questions.accuracy import JudgedParts
from tests.publisher import Publisher

Row = dict[str, Any]
Rows = list[Row]

LEVELS = (0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99)
UNITS = ("un", "m", "Units", None, "kg", "UN")
CLASSES = ("smooth", "smooth", "lumpy", "lumpy", "erratic", None)
COSTS = (10.0, 2.0, None, 4.0, 1.5, 3.0)


def _items(rows: Rows) -> Rows:
    return [
        row
        | {
            "unit": UNITS[place % 6],
            "demand_class": CLASSES[place % 6],
            "unit_cost": COSTS[place % 6],
        }
        for place, row in enumerate(rows)
    ]


def _measures(rows: Rows) -> Rows:
    """Two horizons, three sources; losses of all sizes, of the naive source none for one part."""
    chance = random.Random(7)
    naive_loss = {row["item_id"]: chance.uniform(0.2, 2.0) for row in rows}
    naive_loss[min(naive_loss)] = 0.0
    made = []
    for source in ("arima", "naive", "tsb"):
        for horizon in (7, 14):
            for row in (each for each in rows if each["source"] == "naive"):
                naive = naive_loss[row["item_id"]]
                loss = naive if source == "naive" else chance.uniform(0.1, 1.8)
                made.append(
                    row
                    | {
                        "source": source,
                        "horizon": horizon,
                        "scaled_pinball": loss,
                        "fva_vs_naive": 1 - loss / naive if naive else None,
                        "verdict": None if not naive else "worse" if loss > naive else "better",
                        "is_champion": source == "arima",
                    }
                )
    return sorted(made, key=lambda row: (row["item_id"], row["source"], row["horizon"]))


def _pairs(rows: Rows) -> Rows:
    """As many as before, with what was forecast and what came drawn anew; zeros among them."""
    chance = random.Random(11)
    made = []
    for row in rows:
        quantiles = sorted(float(chance.randint(0, 6)) for _level in LEVELS)
        names = [f"q{round(1000 * level):03d}" for level in LEVELS]
        drawn = {"actual": float(chance.choice((0, 0, 1, 3, 9))), "forecast": chance.uniform(0, 5)}
        made.append(row | drawn | dict(zip(names, quantiles, strict=True)))
    return made


@pytest.fixture
def published(
    publisher: Publisher, open_publication: Callable[[Manifest], Publication]
) -> Publication:
    tables = dict(publisher.tables(items=9))
    for name, change in (
        ("dim_item", _items),
        ("fact_metrics", _measures),
        ("fact_backtest", _pairs),
    ):
        changed = change(tables[name].to_pylist())
        tables[name] = pa.Table.from_pylist(changed, schema=tables[name].schema)
    return open_publication(publisher.publish(tables=tables, items=9))


def rows_of(publication: Publication, name: str) -> Rows:
    rows: Rows = publication.table(Question(name, f"from {name}", {}, (name,))).table.to_pylist()
    return rows


def told(publication: Publication, question: Question) -> Rows:
    rows: Rows = publication.table(question).table.to_pylist()
    return rows


def items_of(publication: Publication) -> dict[str, Row]:
    return {row["item_id"]: row for row in rows_of(publication, "dim_item")}


def ratio_interval(pairs: Iterable[tuple[float, float]]) -> tuple[float, float, float]:
    """Return value added and both ends of its interval, by the spread of the parts' residuals."""
    losses = list(pairs)
    count, naive = len(losses), sum(n for _loss, n in losses)
    ratio = sum(loss for loss, _n in losses) / naive
    residuals = [loss - ratio * n for loss, n in losses]
    error = math.sqrt(count / (count - 1) * math.fsum(r * r for r in residuals)) / naive
    return 1 - ratio, 1 - ratio - 1.96 * error, 1 - ratio + 1.96 * error


@pytest.mark.parametrize("source", ["arima", "tsb"])
def test_value_added_compares_sums_of_losses_over_the_same_parts(
    published: Publication, source: str
) -> None:
    rows = [row for row in rows_of(published, "fact_metrics") if row["horizon"] == 14]
    naive = {row["item_id"]: row["scaled_pinball"] for row in rows if row["source"] == "naive"}
    pairs = [(r["scaled_pinball"], naive[r["item_id"]]) for r in rows if r["source"] == source]

    found = told(published, accuracy.value_added(JudgedParts(source=source)))

    (overall,) = [row for row in found if row["grouping"] == "all"]
    expected = ratio_interval(pairs)
    assert (overall["value"], overall["low"], overall["high"]) == pytest.approx(expected)
    assert overall["compared"] == overall["items"] == len(pairs)


@pytest.mark.parametrize("is_same", [True, False])
def test_the_published_interval_is_told_of_the_very_same_pairs_only(
    publisher: Publisher,
    open_publication: Callable[[Manifest], Publication],
    *,
    is_same: bool,
) -> None:
    tables = dict(publisher.tables())
    pairs = sum(
        row["n_obs"] for row in tables["fact_metrics"].to_pylist() if row["source"] == "arima"
    )
    groups = [
        row | {"n_obs": pairs if is_same else pairs - 1, "fva_low": 0.31, "fva_high": 0.49}
        for row in tables["agg_metrics"].to_pylist()
    ]
    schema = tables["agg_metrics"].schema
    tables["agg_metrics"] = pa.Table.from_pylist(groups, schema=schema)
    publication = open_publication(publisher.publish(tables=tables))

    found = told(publication, accuracy.value_added(JudgedParts()))

    (overall,) = [row for row in found if row["grouping"] == "all"]
    assert overall["is_published"] is is_same
    expected = (0.31, 0.49) if is_same else (0.4, 0.4)
    assert (overall["low"], overall["high"]) == pytest.approx(expected)


def test_few_parts_have_no_interval(published: Publication) -> None:
    found = told(published, accuracy.value_added(JudgedParts(demand_class="erratic")))

    (overall,) = [row for row in found if row["grouping"] == "all"]
    assert overall["compared"] < 5
    assert overall["low"] is None
    assert overall["high"] is None
    assert not overall["is_published"]


def test_a_part_is_nearer_to_the_past_where_its_error_is_smaller_or_none(
    published: Publication,
) -> None:
    rows = [row for row in rows_of(published, "fact_metrics") if row["horizon"] == 14]
    naive = {row["item_id"]: row["scaled_pinball"] for row in rows if row["source"] == "naive"}
    expected = {
        r["item_id"]
        for r in rows
        if r["source"] == "arima" and r["scaled_pinball"] > naive[r["item_id"]]
    }

    found = told(published, accuracy.naive_nearer(JudgedParts()))
    (counts,) = told(published, accuracy.verdicts(JudgedParts()))

    assert {row["item_id"] for row in found} == expected
    assert counts["nearer"] == len(expected)
    assert counts["tested"] == counts["items"] == 9
    assert found[0]["fva_vs_naive"] is None
    values = [row["fva_vs_naive"] for row in found[1:]]
    assert values == sorted(values)


def test_what_was_used_of_a_part_counts_its_tests_once(published: Publication) -> None:
    found = told(published, accuracy.naive_nearer(JudgedParts()))

    for row in found:
        of_part = [
            r["actual"]
            for r in rows_of(published, "fact_backtest")
            if r["item_id"] == row["item_id"] and r["source"] == row["source"]
        ]
        assert row["used"] == pytest.approx(math.fsum(of_part))


@pytest.mark.parametrize("measure", ["un", "m", accuracy.MONEY])
def test_errors_are_added_up_in_one_unit_or_in_money(published: Publication, measure: str) -> None:
    items = items_of(published)

    def weight(item_id: str) -> float | None:
        item = items[item_id]
        if measure == accuracy.MONEY:
            return item["unit_cost"]
        unit = "un" if item["unit"] in (None, "", "UN", "Units") else item["unit"]
        return 1.0 if unit == measure else None

    pairs = [
        (weight(r["item_id"]) or 0.0, r["forecast"] - r["actual"], r["actual"])
        for r in rows_of(published, "fact_backtest")
        if r["source"] == "arima" and weight(r["item_id"]) is not None
    ]
    used = math.fsum(w * actual for w, _error, actual in pairs)
    error = math.fsum(w * e for w, e, _actual in pairs)
    sizes = math.fsum(w * abs(e) for w, e, _actual in pairs)

    found = told(published, accuracy.errors(JudgedParts(), measure))

    (overall,) = [row for row in found if row["grouping"] == "all"]
    assert overall["n_obs"] == len(pairs)
    assert overall["used"] == pytest.approx(used, rel=1e-6)
    assert overall["bias"] == pytest.approx(error / used, rel=1e-5)
    assert overall["wape"] == pytest.approx(sizes / used, rel=1e-5)
    assert overall["tracking_signal"] == pytest.approx(error / sizes, rel=1e-5)


def test_calibration_counts_outcomes_on_an_end_apart(published: Publication) -> None:
    pairs = [r for r in rows_of(published, "fact_backtest") if r["source"] == "arima"]

    found = told(published, accuracy.calibration(JudgedParts()))

    for row in (each for each in found if each["kind"] == "quantile"):
        name = f"q{round(1000 * row['asked']):03d}"
        below = sum(pair["actual"] < pair[name] for pair in pairs)
        at_or_below = sum(pair["actual"] <= pair[name] for pair in pairs)
        assert row["least"] == pytest.approx(below / len(pairs))
        assert row["held"] == pytest.approx(at_or_below / len(pairs))
        assert row["n_obs"] == len(pairs)
    (band,) = [each for each in found if each["kind"] == "band" and each["asked"] == 0.8]
    inside = sum(pair["q100"] <= pair["actual"] <= pair["q900"] for pair in pairs)
    assert band["held"] == pytest.approx(inside / len(pairs))
    assert [each["asked"] for each in found if each["kind"] == "quantile"] == list(LEVELS)


@pytest.mark.parametrize("measure", ["un", "kg", accuracy.MONEY])
def test_totals_add_up_parts_of_one_unit_or_money(published: Publication, measure: str) -> None:
    items = items_of(published)
    expected: dict[Any, float] = {}
    for row in rows_of(published, "fact_period"):
        item = items[row["item_id"]]
        unit = "un" if item["unit"] in (None, "UN", "Units") else item["unit"]
        is_money = measure == accuracy.MONEY
        factor = item["unit_cost"] if is_money else float(unit == measure) or None
        if row["source"] == "arima" and factor is not None:
            expected[row["date"]] = expected.get(row["date"], 0.0) + factor * row["forecast"]

    found = told(published, accuracy.totals(JudgedParts(), measure))

    assert {row["date"]: pytest.approx(row["forecast"], rel=1e-5) for row in found} == expected


def test_a_total_of_what_was_used_is_unknown_where_one_part_is(published: Publication) -> None:
    rows = rows_of(published, "fact_period")

    found = told(published, accuracy.totals(JudgedParts(), "un"))

    unknown = {row["date"] for row in rows if row["actual"] is None}
    assert unknown
    assert {row["date"] for row in found if row["used"] is None} == unknown


def test_units_are_told_apart_and_those_without_one_are_units(published: Publication) -> None:
    found = told(published, accuracy.units(JudgedParts()))

    assert {row["unit"]: row["items"] for row in found} == {"un": 6, "m": 2, "kg": 1}
    assert {row["unit"]: row["with_cost"] for row in found} == {"un": 4, "m": 2, "kg": 1}


def test_stock_of_a_policy_is_not_told_where_units_are_mixed(published: Publication) -> None:
    found = told(published, accuracy.policies(JudgedParts()))

    assert {row["policy"] for row in found if row["is_asked"]} == {"lead_time_quantile", "textbook"}
    assert [row["mean_stock"] for row in found if row["is_asked"]] == [None, None]
    assert [row["fill_rate"] for row in found if row["is_asked"]] == [None, None]


def test_stock_of_a_policy_is_told_with_its_one_unit(publication: Publication) -> None:
    found = told(publication, accuracy.policies(JudgedParts()))

    assert {row["unit"] for row in found if row["is_asked"]} == {"un"}
    assert {row["mean_stock"] for row in found if row["is_asked"]} == {12.0}


def test_a_category_and_a_class_together_have_no_policy(publication: Publication) -> None:
    parts = JudgedParts(category="Energia", demand_class="smooth")

    assert told(publication, accuracy.policies(parts)) == []


def test_a_place_without_tests_has_no_answer(published: Publication) -> None:
    parts = JudgedParts(location_id="nowhere")

    (counts,) = told(published, accuracy.verdicts(parts))

    assert (counts["tested"], counts["items"]) == (0, 0)
    assert told(published, accuracy.value_added(parts)) == []
    assert told(published, accuracy.calibration(parts)) == []


def test_choices_count_the_parts_tested(published: Publication) -> None:
    found = told(published, accuracy.choices())

    sources = {row["value"]: row["items"] for row in found if row["filter"] == "source"}
    classes = {row["value"]: row["items"] for row in found if row["filter"] == "demand_class"}
    assert sources == {"arima": 9, "naive": 9, "tsb": 9}
    assert classes == {"smooth": 4, "lumpy": 3, "erratic": 1, "unclassified": 1}


def _size(row: Row) -> float:
    return -math.inf if row["fva_vs_naive"] is None else float(row["fva_vs_naive"])


def _money(row: Row) -> float:
    is_known = row["used"] is not None and row["unit_cost"] is not None
    return -row["used"] * row["unit_cost"] if is_known else math.inf


@pytest.mark.parametrize(
    ("sort", "by"),
    [
        ("much", lambda row: (_size(row), row["item_id"])),
        ("sure", lambda row: (row["verdict"] != "worse", _size(row), row["item_id"])),
        ("money", lambda row: (_money(row), row["item_id"])),
        ("part", lambda row: row["item_id"]),
    ],
)
def test_parts_that_the_past_was_nearer_for_are_sorted_as_asked(
    published: Publication, sort: accuracy.NearerSort, by: Callable[[Row], Any]
) -> None:
    question = accuracy.naive_nearer(JudgedParts(), sort)
    found = told(published, question)

    assert len(found) > 2
    assert [row["item_id"] for row in found] == [row["item_id"] for row in sorted(found, key=by)]
    assert published.count(question) == len(found)


def test_what_rules_cost_comes_cheapest_first_and_the_bound_last(publication: Publication) -> None:
    found = told(publication, accuracy.policy_costs(JudgedParts()))

    assert [row["policy"] for row in found[:1]] == ["myopic_lost_sales"]
    assert [row["is_hindsight"] for row in found] == [False] * 5 + [True]
    costs = [row["cost"] for row in found[:-1]]
    assert costs == sorted(costs)
    assert all(row["cost"] == row["holding_cost"] + row["lost_cost"] for row in found)


def test_what_rules_cost_is_told_by_unit_only_where_there_is_one(
    published: Publication, publication: Publication
) -> None:
    mixed = told(published, accuracy.policy_costs(JudgedParts()))
    single = told(publication, accuracy.policy_costs(JudgedParts(category="Energia")))

    assert {row["cost_per_unit"] for row in mixed} == {None}
    assert None not in {row["cost_share"] for row in mixed}
    assert None not in {row["cost_per_unit"] for row in single}
    both = JudgedParts(category="Energia", demand_class="smooth")
    assert told(publication, accuracy.policy_costs(both)) == []
