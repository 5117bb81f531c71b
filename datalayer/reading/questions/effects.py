"""Questions of what a publication proposes and rests on, as a whole."""

from __future__ import annotations

from datalayer.reading.question import Question, sql_question


def sources() -> Question:
    """Return the question of the sources that forecast anything: source."""
    return sql_question("planned_sources", {}, "agg_daily")


def cutoffs() -> Question:
    """Return the question of the days that the backtest forecast from: cutoff."""
    return sql_question("backtest_cutoffs", {}, "fact_backtest")


def accuracy() -> Question:
    """Return the question of how good the champion of all parts was; no row without one.

    Columns: see ``sql/overall_accuracy.sql``.
    """
    return sql_question("overall_accuracy", {}, "agg_metrics")


def leading_actions() -> Question:
    """Return the question of what there is to do first for each part and place, by rank.

    Columns: see ``sql/leading_actions.sql``.
    """
    return sql_question("leading_actions", {}, "fact_action", "dim_item", "dim_location")


def location_ids() -> Question:
    """Return the question of all locations; see ``sql/location_tree.sql``."""
    return sql_question("location_tree", {}, "dim_location")
