-- Totals of a span and accuracy over the backtest, one row per source, from the aggregates.
-- The totals are those of agg_daily between the dates asked for. The measures are those of
-- agg_metrics at the source's longest horizon, over the whole backtest whatever the dates: WAPE is
-- sum(|forecast - actual|) / sum(actual) over all pairs of forecast and actual together, MAPE the
-- mean of |forecast - actual| / actual, null where any actual is 0. They are known for the network
-- only; elsewhere they are null.
-- Parameters: $location_id; $category (null for all); $sources (empty for all); $start and $end
-- (null for no bound); $measured_sources and $measured_items, how many parts each source was
-- measured on.
-- Columns: source, first_date, last_date, forecast_total, actual_total (of the dates observed;
-- null without any), wape, mape, items (parts that the measures rest on), horizon.
with totals as (
    select
        source,
        min(date) as first_date,
        max(date) as last_date,
        sum(forecast) as forecast_total,
        sum(actual) as actual_total
    from agg_daily
    where
        location_id = $location_id
        and ($category is null or category = $category)
        and ($start is null or date >= cast($start as date))
        and ($end is null or date <= cast($end as date))
        and (len($sources) = 0 or list_contains(cast($sources as varchar[]), source))
    group by source
),
measures as (
    select source, wape, mape, horizon
    from agg_metrics
    where
        $location_id = 'network'
        and group_by = case when $category is null then 'all' else 'category' end
        and group_value = coalesce($category, 'all')
    qualify horizon = max(horizon) over (partition by source)
),
measured as (
    select
        unnest(cast($measured_sources as varchar[])) as source,
        unnest(cast($measured_items as bigint[])) as items
)
select source, first_date, last_date, forecast_total, actual_total, wape, mape, items, horizon
from totals
left join measures using (source)
left join measured using (source)
order by source
