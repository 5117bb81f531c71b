-- Demand by week or month of some parts: what was used lately, and what is forecast.
-- Parameters: $rows, a JSON list of objects with item_id, location_id and source of each; $used and
-- $ahead, the most periods of the past and of those to come.
-- Columns: item_id, location_id, date, grain, actual (null where the period is not over), forecast,
-- q100 and q900 (of periods to come, by that source; null before). By part, place and date.
with listed as (
    -- DuckDB 2.0.0 takes `distinct unnest(...)` for distinct by the first column alone.
    select distinct *
    from (
        select unnest(object) from (select unnest(from_json($rows, '[{
            "item_id": "VARCHAR", "location_id": "VARCHAR", "source": "VARCHAR"
        }]')) as object)
    )
),
used as (
    select item_id, location_id, date, any_value(grain) as grain, any_value(actual) as actual
    from fact_period
    join listed using (item_id, location_id)
    where actual is not null
    group by item_id, location_id, date
    qualify row_number() over (partition by item_id, location_id order by date desc) <= $used
),
ahead as (
    select item_id, location_id, date, grain, forecast, q100, q900
    from fact_period
    join listed using (item_id, location_id, source)
    where actual is null and forecast is not null
    qualify row_number() over (partition by item_id, location_id order by date) <= $ahead
)
from used
union all by name
from ahead
order by item_id, location_id, date
