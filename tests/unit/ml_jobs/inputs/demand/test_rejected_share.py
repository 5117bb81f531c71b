"""A file of which too much can't be used is refused, not published as if it were whole."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ml_jobs.errors import InputError
from ml_jobs.inputs.demand.demand_files import DemandFormat, scan_demand
from ml_jobs.inputs.demand.demand_rows import DemandRows
from ml_jobs.inputs.demand.reasons import RejectReason
from ml_jobs.inputs.demand.row_rules import IGNORE, RowRules
from ml_jobs.progress import silent
from tests.unit.ml_jobs.inputs.demand.test_returns import TODAY

pytestmark = pytest.mark.ml

GOOD = [f"A,2026-01-{day:02},1" for day in range(1, 10)]


def scanned(folder: Path, rows: list[str], rules: RowRules = RowRules()) -> DemandRows:  # noqa: B008
    path = folder / "demand.csv"
    path.write_text("\n".join(["item_id,date,quantity", *rows]) + "\n")
    found = scan_demand(path, DemandFormat(TODAY, rules=rules), report=silent).rows
    assert found is not None
    return found


def test_up_to_a_tenth_of_the_rows_may_be_unusable(tmp_path: Path) -> None:
    rows = scanned(tmp_path, [*GOOD, "A,soon,1"])

    assert (rows.accounting.read, rows.accounting.used) == (10, 9)


def test_more_refuse_the_file_with_reasons_samples_and_the_option(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        scanned(tmp_path, [*GOOD, "A,soon,1", "A,2026-01-10,many", "A,2026-01-11,few"])

    assert str(refused.value) == (
        "demand.csv has 3 row(s) of 12 that can't be used (25 %, and at most 10 % may be): "
        "2 bad_quantity (the quantity is missing or not a finite number; such as row 11: "
        "item_id=A, date=2026-01-10, quantity=many), "
        "1 bad_date (the date is missing or none; YYYY-MM-DD or DD/MM/YYYY is needed; such as "
        "row 10: item_id=A, date=soon, quantity=1). "
        "Mend the file, or go on without them with --allow-rejected 0.25"
    )


def test_the_share_named_in_the_refusal_is_enough(tmp_path: Path) -> None:
    rows = scanned(tmp_path, [*GOOD, "A,soon,1", "A,soon,2"], RowRules(allow_rejected=0.19))

    assert rows.accounting.used == 9


def test_each_file_of_one_history_is_held_to_it_by_itself(tmp_path: Path) -> None:
    for month in range(1, 10):
        rows = [f"A,2026-{month:02}-{day:02},{day}" for day in range(1, 29)]
        path = tmp_path / f"{month}.csv"
        path.write_text("\n".join(["item_id,date,quantity", *rows]) + "\n")
    (tmp_path / "10.csv").write_text("item_id,date,quantity\nA,2026-10-01,1\nA,Oct 2nd,1\n")

    with pytest.raises(InputError, match=r"^10\.csv has 1 row\(s\) of 2 that can't be used"):
        scan_demand(tmp_path, DemandFormat(TODAY), report=silent)


def test_rows_left_out_for_what_they_say_do_not_count(tmp_path: Path) -> None:
    returned = [f"A,2026-01-{day:02},-1" for day in range(10, 14)]

    rows = scanned(tmp_path, [*GOOD, *returned], RowRules(returns=IGNORE))

    assert rows.accounting.used == 9


def test_invoice_lines_that_are_mostly_negative_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    path.write_text(
        "invoice_no,stock_code,description,quantity,invoice_date,unit_price\n"
        + "".join(f"{n},A1,Bolt,{-n if n % 9 else n},2026-01-05,2.5\n" for n in range(1, 40))
    )

    with pytest.raises(InputError, match=r"lines\.csv has 35 row.* 35 non_positive_quantity"):
        scan_demand(path, DemandFormat(TODAY, invoices=True), report=silent)


def test_returns_that_no_demand_is_there_for_count(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"2 row\(s\) of 11 .* 2 unmatched_return"):
        scanned(tmp_path, [*GOOD, "B,2026-01-05,-1", "C,2026-01-05,-1"])


LATER = [f"A,2026-02-{day:02},1" for day in range(1, 10)]


def scanned_as_of(folder: Path, results: date, present: date | None) -> DemandRows:
    path = folder / "demand.csv"
    path.write_text("\n".join(["item_id,date,quantity", *GOOD, *LATER]) + "\n")
    found = scan_demand(path, DemandFormat(results, present=present), report=silent).rows
    assert found is not None
    return found


def test_rows_later_than_results_of_the_past_are_no_fault_of_the_file(tmp_path: Path) -> None:
    rows = scanned_as_of(tmp_path, date(2026, 1, 31), date(2026, 2, 28))

    assert rows.accounting.set_aside == {RejectReason.DATE_OUT_OF_RANGE: 9}


def test_rows_later_than_the_present_are_a_fault_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="5 row"):
        scanned_as_of(tmp_path, date(2026, 1, 31), date(2026, 2, 4))
