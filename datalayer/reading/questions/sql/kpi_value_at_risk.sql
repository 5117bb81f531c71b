-- Value that the exceptions put at risk, and how it grows with the expected stock-outs.
-- A part may stand in the list for several reasons; it counts once, with its greatest value.
-- Parameters: $location_id the network.
-- Columns: date, point (value of the parts whose stock-out date is that day or before);
-- first a row without a date: the whole, which includes parts without a stock-out date.
with parts as (
    select item_id, location_id, max(value_at_risk) as value
    from fact_exception
    where location_id = $location_id
    group by item_id, location_id
),
by_day as (
    select stockout_date as date, sum(value) as value
    from parts
    join fact_inventory using (item_id, location_id)
    where stockout_date is not null and value is not null
    group by stockout_date
)
select cast(null as date) as date, sum(value) as point
from parts
union all
select date, sum(value) over (order by date) as point
from by_day
order by date nulls first
