"""The bundled data are small, of every class, and made again by the script beside them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ml_jobs.classification import demand_classes
from ml_jobs.data import DEMAND
from ml_jobs.data.make_extract import COLUMNS, MIN_SALE_DAYS, make_extract
from ml_jobs.inputs.demand.demand import build_panel
from ml_jobs.inputs.demand.invoices import read_invoices
from ml_jobs.panel import Frequency

pytestmark = pytest.mark.ml

TODAY = date(2026, 11, 21)


def test_the_extract_is_under_a_megabyte_and_carries_no_customers() -> None:
    assert DEMAND.stat().st_size < 1_000_000
    assert tuple(pq.read_schema(DEMAND).names) == COLUMNS


def test_the_extract_holds_a_few_hundred_items_of_every_class_there_is() -> None:
    rows = read_invoices(DEMAND, today=TODAY)

    panel, _ = build_panel(rows, Frequency.DAILY, min_sale_days=MIN_SALE_DAYS, today=TODAY)

    assert 200 <= len(panel.item_ids) <= 500
    assert set(demand_classes(panel)) == {"smooth", "erratic", "intermittent", "lumpy"}
    assert str(panel.data_through) == "2011-12-09"


def test_the_script_is_deterministic(tmp_path: Path) -> None:
    targets = [tmp_path / "one.parquet", tmp_path / "two.parquet"]

    for target in targets:
        make_extract(DEMAND, target)

    assert targets[0].read_bytes() == targets[1].read_bytes()
