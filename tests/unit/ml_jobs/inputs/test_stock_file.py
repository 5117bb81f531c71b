"""A stock file that can't be used is refused with every fault of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ml_jobs.errors import InputError
from ml_jobs.inputs.stock_file import read_stock

pytestmark = pytest.mark.ml


def test_every_fault_of_a_stock_file_is_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "stock.csv"
    path.write_text(
        "item_id,location_id,current_stock,service_level,as_of\n"
        "A,RS,-1,0.2,soon\nA,RS,5,0.9,2026-01-01\n,RS,1,0.9,\nB,,1,0.9,2026-01-01\n"
        "B,network,1,0.9,2026-01-01\n",
        encoding="utf-8",
    )

    with pytest.raises(InputError) as refused:
        read_stock(path)

    said = str(refused.value)
    for expected in (
        "stock.csv has 5 fault(s)",
        "item_id is missing in 1 row(s)",
        "item_id and location_id must be unique; found more than once: 'A', 'B'",
        "current_stock has '-1'; it must be a number from 0 to 1e+12",
        "service_level has '0.2'; it must be a number from 0.5 to 0.9999",
        "as_of has '', 'soon'; it must be a date such as 2026-11-20 in every row",
    ):
        assert expected in said
