-- Demand of many parts together by week or month, in one unit or in money: what was used, what is
-- forecast, and what was forecast of the past one lead time before.
-- Of each part the source asked for counts; else its champion; else, where its history is too short
-- for a test, the source that its stock is planned by.
-- Parameters: as for accuracy_errors.
-- Columns: date, grain, items (parts with a row), used (null where not over for every one), forecast
-- and forecast_items (of parts that have one), tested_forecast, tested_used and tested_items (of
-- parts that had one, in periods that are over). By date.
with wanted as (
    select
        item_id,
        name,
        unit_cost,
        case when coalesce(unit, '') in ('', 'UN') then 'un' else unit end as unit,
        coalesce(demand_class, 'unclassified') as demand_class
    from dim_item
    where
        ($category is null or coalesce(category, 'unclassified') = $category)
        and ($demand_class is null or coalesce(demand_class, 'unclassified') = $demand_class)
),
in_use as (
    select item_id, source
    from fact_metrics
    where location_id = $location_id and is_champion
    qualify horizon = max(horizon) over (partition by item_id)
),
weighed as (
    select *, case when $measure = 'money' then unit_cost else 1 end as weight
    from wanted
    where unit = $measure or ($measure = 'money' and unit_cost is not null)
),
planned_by as (
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
    join weighed as w using (item_id)
    left join in_use as u using (item_id)
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
