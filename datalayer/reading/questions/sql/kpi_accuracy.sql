-- Accuracy of the headline source over the backtest: 1 - WAPE of weekly totals by category.
-- Weekly totals are what stock is planned by; day by day and part by part, errors on intermittent
-- demand are as large as the demand itself and tell nothing of the forecast's worth.
-- Parameters: $source the headline source, $location_id the network.
-- Columns: date (Monday of the week), point (fraction, below 0 where errors exceed demand); first
-- a row without a date: the whole span. Weeks without demand have no point.
with totals as (
    select
        date_trunc('week', date)::date as date,
        abs(sum(forecast) - sum(actual)) as error,
        sum(actual) as demand
    from agg_daily
    where source = $source and location_id = $location_id and actual is not null
    group by date_trunc('week', date), category
)
select date, 1 - sum(error) / sum(demand) as point
from totals
group by grouping sets ((), (date))
having sum(demand) > 0 or date is null
order by date nulls first
