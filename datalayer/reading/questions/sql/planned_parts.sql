-- What a publication plans for each part at a place, for comparing two of them.
-- The source is the champion at the longest horizon; a part that was never judged takes the one
-- that its stock is planned by. Forecasts are summed as exact decimals, so that sums of sums agree
-- to the last digit.
-- Parameters: $location; $item (null for all); $first_date and $last_date of the sum, inclusive.
-- Columns: item_id, name, category, demand_class (the last two 'unclassified' where unknown), unit,
-- unit_cost (exact decimal), source, is_forecast (whether it has forecasts between the dates),
-- forecast_total (0 without forecasts), reorder_level and ordered (exact decimals of
-- reorder_point and order_quantity), status, what the order rule reads and gave, by the names of
-- dim_item, fact_inventory and fact_repair, and tier (of the part's leading action). All of stock are
-- null where none is planned, those of repair where it isn't repaired, and tier where there is no
-- action. At a place other than the network there are only
-- parts with stock or forecasts.
with champions as (
    select item_id, arg_max(source, horizon) as source
    from fact_metrics
    where location_id = $location and is_champion and ($item is null or item_id = $item)
    group by item_id
),
stock as (
    select *
    from fact_inventory
    where location_id = $location and ($item is null or item_id = $item)
),
totals as (
    select item_id, source, cast(sum(cast(forecast as decimal(18, 6))) as decimal(30, 6)) as forecast_total
    from fact_forecast
    where
        location_id = $location
        and ($item is null or item_id = $item)
        and date between cast($first_date as date) and cast($last_date as date)
    group by item_id, source
),
actions as (
    select item_id, arg_min(tier, rank) as tier
    from fact_action
    where location_id = $location and is_leading and ($item is null or item_id = $item)
    group by item_id
)
select
    dim_item.item_id,
    dim_item.name,
    coalesce(dim_item.category, 'unclassified') as category,
    coalesce(dim_item.demand_class, 'unclassified') as demand_class,
    dim_item.unit,
    dim_item.stocked,
    cast(dim_item.unit_cost as decimal(30, 6)) as unit_cost,
    coalesce(champions.source, stock.source) as source,
    totals.item_id is not null as is_forecast,
    coalesce(totals.forecast_total, cast(0 as decimal(30, 6))) as forecast_total,
    cast(stock.reorder_point as decimal(30, 6)) as reorder_level,
    cast(stock.order_quantity as decimal(30, 6)) as ordered,
    stock.status,
    actions.tier,
    stock.as_of,
    stock.current_stock,
    stock.on_order,
    stock.moved,
    stock.lead_time_days,
    stock.lead_time_sd_days,
    stock.review_days,
    stock.planned_service_level,
    stock.lead_time_demand,
    stock.lead_time_excess,
    stock.cycle_demand,
    stock.cycle_excess,
    stock.least_daily_demand,
    stock.lot,
    stock.reorder_point,
    stock.order_up_to,
    stock.minimum_order,
    stock.order_multiple,
    stock.order_quantity,
    repairs.repair_days,
    repairs.condemnation,
    repairs.coming_back,
    repairs.failures
from dim_item
left join champions using (item_id)
left join stock on stock.item_id = dim_item.item_id
left join fact_repair as repairs
    on repairs.item_id = dim_item.item_id and repairs.location_id = $location
left join totals
    on totals.item_id = dim_item.item_id
    and totals.source = coalesce(champions.source, stock.source)
left join actions on actions.item_id = dim_item.item_id
where
    ($item is null or dim_item.item_id = $item)
    and ($location = 'network' or stock.item_id is not null or totals.item_id is not null)
order by dim_item.item_id
