"""Negative rows of demand: returns lessen earlier demand, issues with a minus are turned."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_jobs.errors import InputError
from ml_jobs.inputs.demand.demand_rows import DemandRows
from ml_jobs.inputs.demand.reasons import RejectReason
from ml_jobs.inputs.demand.row_rules import IGNORE, NEGATIVE, NET, REFUSE, RowRules
from tests.unit.ml_jobs.inputs.demand.demand_file import read_demand

pytestmark = pytest.mark.ml

TODAY = date(2026, 11, 21)


def rows_of(folder: Path, *rows: str, rules: RowRules = RowRules()) -> DemandRows:  # noqa: B008
    path = folder / "demand.csv"
    path.write_text("\n".join(["item_id,date,quantity,location_id", *rows]) + "\n")
    return read_demand(path, today=TODAY, rules=rules)


def used(rows: DemandRows) -> list[float]:
    return [float(quantity) for quantity in rows.quantities[rows.used]]


def test_a_return_lessens_the_latest_earlier_demand_of_its_item_and_place(tmp_path: Path) -> None:
    rows = rows_of(
        tmp_path,
        *("A,2026-01-04,5,SP", "A,2026-01-05,2,SP", "A,2026-01-05,9,RJ", "B,2026-01-05,9,SP"),
        *("A,2026-01-06,-4,SP", "A,2026-01-07,8,SP"),
    )

    assert used(rows) == [3, 0, 9, 9, 8]
    assert rows.accounting.set_aside == {RejectReason.RETURNED: 1}
    (note,) = rows.notes
    assert note.startswith("1 row(s) of 1 item(s) are returns, 4 unit(s); 4 were taken from")


def test_a_return_on_the_day_of_the_demand_lessens_it_whatever_the_order(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, "A,2026-01-04,-2,SP", "A,2026-01-04,5,SP", "A,2026-01-05,1,SP")

    assert used(rows) == [3, 1]


def test_what_had_no_earlier_demand_is_set_aside_with_its_units(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, "A,2026-01-04,3,SP", "A,2026-01-05,-5,SP", "A,2026-01-06,4,SP")

    assert used(rows) == [0, 4]
    assert rows.accounting.set_aside == {RejectReason.UNMATCHED_RETURN: 1}
    (note,) = rows.notes
    assert "5 unit(s); 3 were taken" in note
    assert "2 had none to be taken from and were set aside (1 row(s), such as row 2: " in note


def test_returns_can_be_set_aside(tmp_path: Path) -> None:
    rows = rows_of(
        tmp_path, "A,2026-01-04,3,SP", "A,2026-01-05,-1,SP", rules=RowRules(returns=IGNORE)
    )

    assert used(rows) == [3]
    assert rows.accounting.set_aside == {RejectReason.NEGATIVE_QUANTITY: 1}


def test_returns_can_be_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"1 row\(s\) with a negative quantity \(row 2: .*refuse"):
        rows_of(tmp_path, "A,2026-01-04,3,SP", "A,2026-01-05,-1,SP", rules=RowRules(returns=REFUSE))


MOSTLY_NEGATIVE = ("A,2026-01-04,-3,SP", "A,2026-01-05,-1,SP", "A,2026-01-06,2,SP")


def test_a_file_of_which_most_is_negative_is_refused_with_the_options(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        rows_of(tmp_path, *MOSTLY_NEGATIVE)

    said = str(refused.value)
    for expected in ("2 row(s) with a negative", "consumption must be positive", "--sign negative"):
        assert expected in said


def test_the_sign_of_goods_issues_can_be_turned_and_reversals_are_netted(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, *MOSTLY_NEGATIVE, rules=RowRules(sign=NEGATIVE))

    assert used(rows) == [2, 0]


def test_a_sign_turned_wrongly_is_refused_with_the_cause(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="without it they would be positive"):
        rows_of(tmp_path, "A,2026-01-04,3,SP", "A,2026-01-05,1,SP", rules=RowRules(sign=NEGATIVE))


def test_most_may_be_returns_where_it_is_said_that_they_are(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, *MOSTLY_NEGATIVE, rules=RowRules(returns=NET))

    assert used(rows) == [2]


MOVES = st.lists(
    st.tuples(st.sampled_from("AB"), st.integers(0, 9), st.integers(-40, 60)), min_size=1
)


@given(moves=MOVES)
def test_netting_loses_no_unit_and_leaves_no_negative_demand(
    moves: list[tuple[str, int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    first = date(2026, 1, 1)
    lines = [f"{item},{first + timedelta(days=day)},{units / 4},SP" for item, day, units in moves]
    lines.append("A,2026-03-01,1,SP")  # the file has one usable row at least

    rows = rows_of(tmp_path_factory.mktemp("d"), *lines, rules=RowRules(returns=NET))

    kept = rows.quantities[rows.used]
    assert (kept >= 0).all()
    sold = sum(max(units, 0) for *_, units in moves) / 4 + 1
    returned = sum(max(-units, 0) for *_, units in moves) / 4
    assert max(sold - returned, 0) - 1e-9 <= kept.sum() <= sold + 1e-9
    matched = np.count_nonzero(rows.reasons == RejectReason.RETURNED.number)
    if matched == sum(units < 0 for *_, units in moves):
        assert kept.sum() == pytest.approx(sold - returned)
