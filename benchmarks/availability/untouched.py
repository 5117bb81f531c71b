"""Demand that no rule was made on, each replayed once: what the daily file of Online Retail lacks.

*Left out* are its items that sold seldom or only later. *Sent back* is what customers returned of
all items: orders that the file leaves out.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb

from benchmarks.availability.origins import LINES, RETAIL, OriginData

LEFT_OUT, SENT_BACK = "left out", "sent back"

FEWEST_DAYS = 3  # of demand, below which an item says nothing
MOST_SENT_BACK = 1000  # units in a line; more were typed by mistake and cancelled at once

SOLD = """
    select 'OR_' || stock_code as item_id, invoice_date::date as date, quantity
    from read_parquet($lines)
    where quantity > 0 and unit_price > 0 and not starts_with(invoice_no, 'C')
        and regexp_matches(stock_code, '^[0-9]{5}')
        and 'OR_' || stock_code not in (select item_id from read_parquet($daily))
"""
RETURNED = """
    select 'OR_' || stock_code as item_id, invoice_date::date as date, -quantity as quantity
    from read_parquet($lines)
    where quantity < 0 and quantity >= -$most and unit_price > 0 and starts_with(invoice_no, 'C')
        and regexp_matches(stock_code, '^[0-9]{5}')
"""
BY_DAY = """
with asked as (
    select item_id, date, sum(quantity) as demand from ({lines}) group by all
), kept as (
    select item_id, min(date) as first from asked group by item_id having count(*) >= $fewest
), days as (
    select unnest(generate_series(min(invoice_date)::date, max(invoice_date)::date,
        interval 1 day))::date as date
    from read_parquet($lines)
)
select item_id, date, coalesce(demand, 0)::double as demand
from kept join days on days.date >= first left join asked using (item_id, date)
order by item_id, date
"""
DEMANDS = {LEFT_OUT: SOLD, SENT_BACK: RETURNED}


def untouched(folder: Path, target: Path, name: str) -> OriginData:
    """Write the demand called *name* to *target* and return what it is replayed from."""
    path = (target / f"{name.replace(' ', '_')}_daily.parquet").absolute()
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        told = {"lines": str(folder / LINES), "fewest": FEWEST_DAYS}
        more = {
            LEFT_OUT: {"daily": str(folder / RETAIL.file)},
            SENT_BACK: {"most": MOST_SENT_BACK},
        }[name]
        sql = BY_DAY.replace("{lines}", DEMANDS[name])
        duckdb.sql(sql, params=told | more).write_parquet(str(path))
    return replace(RETAIL, name=f"Online Retail, {name}", file=str(path))
