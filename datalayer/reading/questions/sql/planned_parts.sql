-- What a publication plans for each part of the whole network, for comparing two of them.
-- The source is the champion at the longest horizon; a part that was never judged takes the one
-- that its stock is planned by. Forecasts are summed as exact decimals, so that sums of sums agree
-- to the last digit.
-- Parameters: $first_date and $last_date of the sum, inclusive.
-- Columns: item_id, name, category, demand_class (the last two 'unclassified' where unknown),
-- source, forecast_total (0 without forecasts), reorder_point, order_quantity, status (these
-- three null where no stock is planned).
with champions as (
    select item_id, arg_max(source, horizon) as source
    from fact_metrics
    where location_id = 'network' and is_champion
    group by item_id
),
stock as (
    select item_id, source, reorder_point, order_quantity, status
    from fact_inventory
    where location_id = 'network'
),
totals as (
    select item_id, source, cast(sum(cast(forecast as decimal(18, 6))) as decimal(30, 6)) as forecast_total
    from fact_forecast
    where
        location_id = 'network'
        and date between cast($first_date as date) and cast($last_date as date)
    group by item_id, source
)
select
    dim_item.item_id,
    dim_item.name,
    coalesce(dim_item.category, 'unclassified') as category,
    coalesce(dim_item.demand_class, 'unclassified') as demand_class,
    coalesce(champions.source, stock.source) as source,
    coalesce(totals.forecast_total, cast(0 as decimal(30, 6))) as forecast_total,
    cast(stock.reorder_point as decimal(30, 6)) as reorder_point,
    cast(stock.order_quantity as decimal(30, 6)) as order_quantity,
    stock.status
from dim_item
left join champions using (item_id)
left join stock on stock.item_id = dim_item.item_id
left join totals
    on totals.item_id = dim_item.item_id
    and totals.source = coalesce(champions.source, stock.source)
order by dim_item.item_id
