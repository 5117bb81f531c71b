-- Demand of many parts together by week or month, in one unit or in money: what was used, what is
-- forecast, and what was forecast of the past one lead time before.
-- Of each part the source asked for counts; else its champion; else, where its history is too short
-- for a test, the source that its stock is planned by.
-- Parameters: as for accuracy_errors.
-- Columns: date, grain, items (parts with a row), used (null where not over for every one), forecast
-- and forecast_items (of parts that have one), tested_forecast, tested_used and tested_items (of
-- parts that had one, in periods that are over). By date.
with planned_by as (
    select item_id, any_value(source) as source
    from fact_inventory
    where location_id = $location_id
    group by item_id
),
periods as (
    select
        p.date,
        p.grain,
        cast(p.actual as double) * w.weight as actual,
        cast(p.forecast as double) * w.weight as forecast
    from fact_period as p
    join weighed_parts as w using (item_id)
    left join sources_in_use as u using (item_id)
    left join planned_by as i using (item_id)
    where p.location_id = $location_id and p.source = coalesce($source, u.source, i.source)
)
select
    date,
    any_value(grain) as grain,
    count(*) as items,
    case when count(actual) = count(*) then sum(actual) end as used,
    sum(forecast) as forecast,
    count(forecast) as forecast_items,
    sum(forecast) filter (where actual is not null) as tested_forecast,
    sum(actual) filter (where forecast is not null) as tested_used,
    count(*) filter (where actual is not null and forecast is not null) as tested_items
from periods
group by date
order by date
