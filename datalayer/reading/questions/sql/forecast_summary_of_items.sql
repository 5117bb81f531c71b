-- Totals of a span and accuracy over the backtest, one row per source, for parts that are named.
-- The totals are those of the parts' forecasts between the dates asked for. The measures pool the
-- parts' backtest at the location, whatever the dates, as agg_metrics does for its groups: WAPE is
-- sum(|forecast - actual|) / sum(actual) over all pairs of forecast and actual together, MAPE the
-- mean of |forecast - actual| / actual, null where any actual is 0.
-- Parameters: $item_ids; $location_id; $category (null for all); $sources (empty for all); $start
-- and $end (null for no bound).
-- Columns: source, first_date, last_date, forecast_total, actual_total (of the dates observed;
-- null without any), wape, mape, items (parts that the measures rest on), horizon (most steps
-- measured after a cutoff).
with wanted as (
    select item_id
    from dim_item
    where
        list_contains(cast($item_ids as varchar[]), item_id)
        and ($category is null or coalesce(category, 'unclassified') = $category)
),
totals as (
    select
        source,
        min(date) as first_date,
        max(date) as last_date,
        sum(forecast) as forecast_total,
        sum(actual) as actual_total
    from fact_forecast
    semi join wanted using (item_id)
    where
        location_id = $location_id
        and ($start is null or date >= cast($start as date))
        and ($end is null or date <= cast($end as date))
        and (len($sources) = 0 or list_contains(cast($sources as varchar[]), source))
    group by source
),
pairs as (
    select
        source,
        item_id,
        forecast,
        actual,
        row_number() over (partition by source, item_id, cutoff order by date) as step
    from fact_backtest
    semi join wanted using (item_id)
    where location_id = $location_id
),
measures as (
    select
        source,
        sum(abs(forecast - actual)) / nullif(sum(actual), 0) as wape,
        case when count(*) filter (where actual = 0) = 0 then avg(abs(forecast - actual) / actual) end
            as mape,
        count(distinct item_id) as items,
        max(step) as horizon
    from pairs
    group by source
)
select source, first_date, last_date, forecast_total, actual_total, wape, mape, items, horizon
from totals
left join measures using (source)
order by source
