"""What only all partitions together can say: the aggregates, the ranked lists, and the notes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version

import pyarrow as pa

from ml_jobs.class_budgets import with_class_budgets
from ml_jobs.columns import add_rows
from ml_jobs.judging.aggregates import agg_metrics, merge_sums
from ml_jobs.judging.daily_totals import KEYS as DAILY_KEYS
from ml_jobs.judging.daily_totals import agg_daily
from ml_jobs.options import ENSEMBLE
from ml_jobs.pipeline.lessons import Lessons
from ml_jobs.pipeline.partition_gold import REPAIRS, PartitionResults
from ml_jobs.pipeline.past_orders import followed_rule
from ml_jobs.pipeline.plan import Plan
from ml_jobs.pipeline.preparing import Prepared
from ml_jobs.pipeline.run_folder import RunFolder, load, load_tables
from ml_jobs.pipeline.stock_moves import MOVES, REPLAYED
from ml_jobs.pipeline.stock_planning import LEAD_TIME_SOURCE
from ml_jobs.pipeline.stocking_up import BUYS, CURVE, REGRET, SPREAD, StockPrices
from ml_jobs.publishing import facts
from ml_jobs.selection import rule_in_words
from ml_jobs.stocking.actions import rank_actions
from ml_jobs.stocking.availability.availability_facts import (
    agg_availability,
    agg_promise,
    fact_buy_list,
)
from ml_jobs.stocking.availability.cost_spread import CostSpread, cost_spread
from ml_jobs.stocking.availability.curve import add_curves
from ml_jobs.stocking.availability.money_facts import add_money, agg_policy_money
from ml_jobs.stocking.availability.money_facts import told as money_told
from ml_jobs.stocking.availability.regret import add_regrets
from ml_jobs.stocking.availability.regret_facts import agg_regret
from ml_jobs.stocking.availability.stocked import StockedSeries
from ml_jobs.stocking.availability.transfers import add_moves, agg_transfer, fact_transfer
from ml_jobs.stocking.exceptions import rank_exceptions
from ml_jobs.stocking.replay import add_sums, agg_policy

LIBRARY_OF: Mapping[str, str] = {
    "tsb": "statsforecast",
    "imapa": "statsforecast",
    "arima": "statsforecast",
    "prophet": "prophet",
    "gbm": "lightgbm",
    "lstm": "jax",
}


def whole_tables(prepared: Prepared, lessons: Lessons) -> dict[str, pa.Table]:
    """Return the tables that no partition can make alone, by data set."""
    plan = prepared.plan

    def parts(name: str) -> Iterator[pa.Table]:
        return load_tables(prepared.folder, name, plan.partitions)

    planned_with_totals = LEAD_TIME_SOURCE in plan.options.sources
    orders = {} if prepared.open_lines is None else {"fact_open_order": prepared.open_lines}
    source = LEAD_TIME_SOURCE if planned_with_totals else lessons.champions.ranking[0]
    return {
        "dim_item": prepared.items.table,
        "dim_location": facts.dim_location(plan.hierarchy),
        "agg_metrics": agg_metrics(merge_sums(parts("metric_sums")), lessons.champions),
        "agg_daily": agg_daily(add_rows(parts("daily_sums"), DAILY_KEYS)),
        "agg_policy": agg_policy(add_sums(parts("policy_sums")), source=source),
        "fact_exception": rank_exceptions(parts("exceptions")),
        "fact_action": rank_actions(parts("actions")),
        **_availability(prepared, parts, source),
        **_money(prepared.folder, plan, source),
        **_unless_empty("fact_repair", pa.concat_tables(parts(REPAIRS))),
        **orders,
    }


def _availability(
    prepared: Prepared, parts: Callable[[str], Iterator[pa.Table]], source: str
) -> dict[str, pa.Table]:
    """The curve and the buy list; nothing where no part could be weighed."""
    plan, prices = prepared.plan, load(prepared.folder.prices, StockPrices)
    if not prices.curve.size:
        return {}
    sums = add_curves(parts(CURVE))
    days = {c: plan.frequency.last_day(plan.dates[c - 1]).astype(object) for c in plan.judged}
    # Without places nothing can be moved, and nothing is said of moves.
    moves = (
        {}
        if plan.hierarchy.is_flat
        else {
            "fact_transfer": fact_transfer(parts(MOVES)),
            "agg_transfer": agg_transfer(add_moves(parts(REPLAYED)), days, source=source),
        }
    )
    return {
        "agg_availability": agg_availability(
            sums, plan.fleet, prices.curve, future=plan.future, source=source
        ),
        **_unless_empty("agg_promise", agg_promise(sums, days, future=plan.future, source=source)),
        "fact_buy_list": with_class_budgets(
            fact_buy_list(parts(BUYS)), prepared.items.table, plan.class_budgets
        ),
        **moves,
        **_regret(prepared, parts, source),
    }


def _money(folder: RunFolder, plan: Plan, source: str) -> dict[str, pa.Table]:
    """What rules to order by would have cost; nothing where no part has a cost and a past."""
    return _unless_empty("agg_policy_money", money_of(folder, plan, source))


def money_of(folder: RunFolder, plan: Plan, source: str = "") -> pa.Table:
    """Return what each rule to order by would have cost, by group; no row where none can say."""
    sums = add_money(load_tables(folder, "money_sums", plan.partitions))
    return agg_policy_money(sums, source=source)


def _regret(
    prepared: Prepared, parts: Callable[[str], Iterator[pa.Table]], source: str
) -> dict[str, pa.Table]:
    """What each rule would have cost; nothing where no window of the past is over."""
    sums = add_regrets(parts(REGRET))
    if not sums.num_rows:
        return {}
    plan = prepared.plan
    is_priced = any(each.penalty_per_hour for each in plan.fleet.contracts)
    ledger = agg_regret(
        sums,
        followed=followed_rule(plan),
        is_priced=is_priced,
        source=source,
        caps=plan.fleet.caps,
    )
    return {"agg_regret": ledger}


def _unless_empty(name: str, table: pa.Table) -> dict[str, pa.Table]:
    return {name: table} if table.num_rows else {}


def forecast_notes(
    prepared: Prepared, lessons: Lessons, results: Sequence[PartitionResults]
) -> dict[str, object]:
    """Return what ran on what, and why; JSON values, for the publication's lineage."""
    plan = prepared.plan
    days = [str(plan.frequency.last_day(plan.dates[cutoff - 1])) for cutoff in plan.cutoffs]
    final = lessons.weights.get(plan.future)
    covered = sum((Counter(part.covered) for part in results), Counter())
    return {
        "horizon": plan.horizon,
        "cutoffs": days[plan.warmups :],
        "warm_up_cutoffs": days[: plan.warmups],
        "min_history": plan.options.min_history_for(plan.frequency),
        "series": sum(part.series for part in results),
        "thin_series": sum(part.thin for part in results),
        "sources": {
            source: _source_note(source, covered[source], prepared)
            for source in plan.options.sources
        },
        "champions": dict(lessons.champions.by_class),
        "corrected_widths": {
            f"{source}, {name}": round(factor, 4)
            for (source, name), factor in sorted(lessons.widths[plan.future].factors.items())
        },
        "corrected_scatter": lessons.scatter[plan.future].notes(),
        "planned_service": lessons.planned[plan.future].notes(),
        "cost_spread": spread_of(prepared.folder, plan).notes(),
        "tower_hours": _tower_hours(prepared.folder, plan),
        "two_levels": _two_levels(prepared.folder, plan),
        "class_budgets": asdict(plan.class_budgets) if plan.class_budgets else {},
        "money_replay": money_told(money_of(prepared.folder, plan)),
        "ensemble": {"members": list(final.members), "weights": final.notes()} if final else {},
    }


def _tower_hours(folder: RunFolder, plan: Plan) -> dict[str, object]:
    """What a tower-hour of each contract is worth to the stock; empty where nothing is weighed."""
    prices = load(folder.prices, StockPrices)
    return prices.allocation.notes(plan.fleet.contract_ids) if prices.curve.size else {}


def _two_levels(folder: RunFolder, plan: Plan) -> int:
    """How many parts at a place are a central store's, or are supplied from one."""
    if not any(each.supplied_from for each in plan.hierarchy.locations):
        return 0
    series = (load(folder.stocked(number), StockedSeries) for number in range(plan.partitions))
    return sum(int(each.supply.is_shared.sum()) for each in series)


def spread_of(folder: RunFolder, plan: Plan) -> CostSpread:
    """Return how far the run's parts differ in what they cost for the towers they keep up."""
    return cost_spread(load_tables(folder, SPREAD, plan.partitions))


def _source_note(source: str, series: int, prepared: Prepared) -> dict[str, object]:
    if source == ENSEMBLE:
        return {"rule": "all series", "series": series, "failed_series": 0}
    note = {
        "rule": rule_in_words(prepared.plan.options.rules.get(source)),
        "series": series,
        "failed_series": max(prepared.chosen[source] - series, 0),
    }
    library = LIBRARY_OF.get(source)
    return {**note, "library": f"{library} {version(library)}"} if library else note
