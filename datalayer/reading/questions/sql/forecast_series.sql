-- History and forecasts of one part at one location: what the forecast chart draws.
-- Rows without a source are the observed demand, one per period from the part's first row to
-- the last observed day; a period without a row is a zero, as the contract says. They come
-- first. Then one row per date and source as published; the forecast of a past date is what
-- was forecast at the last cutoff before it.
-- Parameters: $item_id, $location_id, $sources (empty for all), $start and $end (null for
-- no bound), $data_through last observed day, $period length of a period.
-- Columns: date, source, forecast, actual, cutoff, and the quantile columns by rising level.
with observed as (
    select date, quantity
    from fact_demand
    where item_id = $item_id and location_id = $location_id
),
span as (
    select unnest(
        generate_series(min(date), cast($data_through as date), cast($period as interval))
    )::date as date
    from observed
),
history as (
    select
        date,
        cast(null as varchar) as source,
        cast(null as double) as forecast,
        coalesce(quantity, 0) as actual,
        cast(null as date) as cutoff
    from span full join observed using (date)
),
forecasts as (
    select date, source, forecast, actual, cutoff, columns('^q[0-9]{3}$')
    from fact_forecast
    where
        item_id = $item_id
        and location_id = $location_id
        and (len($sources) = 0 or list_contains(cast($sources as varchar[]), source))
)
from (from history union all by name from forecasts)
where
    ($start is null or date >= cast($start as date))
    and ($end is null or date <= cast($end as date))
order by source nulls first, date
