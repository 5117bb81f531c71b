"""What there is to spend on the parts of each class, held against the buy list."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

_SCALE = 1e6  # sums are whole numbers of a millionth


@dataclass(frozen=True)
class ClassBudgets:
    """What there is to spend on classes of parts, beside what there is on all of them.

    Attributes:
        kind: The column of items that has the classes: criticality or category.
        amounts: Currency by class; a class that isn't there has no budget of its own.
    """

    kind: str
    amounts: Mapping[str, float]


def with_class_budgets(bought: pa.Table, items: pa.Table, budgets: ClassBudgets | None) -> pa.Table:
    """Return the buy list with the budget of each step's class, and what its class costs so far.

    Both are null where the step's class has no budget. The list itself is the same: where a budget
    ends is looked up, of a class as of all.

    Args:
        bought: The rows of ``fact_buy_list``, by rank.
        items: One row per item.
        budgets: None where no class has one.
    """
    of_step: list[float | None] = [None] * bought.num_rows
    so_far: list[float | None] = [None] * bought.num_rows
    if budgets is not None:
        columns = (items.column(name).to_pylist() for name in ("item_id", budgets.kind))
        class_of = dict(zip(*columns, strict=True))
        spent: dict[str, int] = defaultdict(int)
        steps = (bought.column(name).to_pylist() for name in ("item_id", "cost"))
        for place, (item, cost) in enumerate(zip(*steps, strict=True)):
            amount = budgets.amounts.get(class_of[item])
            if amount is None:
                continue
            spent[class_of[item]] += round(cost * _SCALE)
            of_step[place], so_far[place] = amount, spent[class_of[item]] / _SCALE
    names = ("class_budget", "class_cumulative_cost")
    at = bought.schema.get_field_index("contract_id")
    for name, values in zip(names, (of_step, so_far), strict=True):
        bought = bought.add_column(at, name, pa.array(values, pa.float64()))
        at += 1
    return bought
