-- Accuracy by week of the headline source: 1 - WAPE over categories and dates.
-- Errors of parts in one category cancel out in part, so this lies above the figure itself,
-- which is measured part by part; what it tells is the direction.
-- Parameters: $source the headline source, $location_id the network.
-- Columns: date (Monday of the week), point (fraction, below 0 where errors exceed demand).
-- Weeks without demand are left out.
select
    date_trunc('week', date)::date as date,
    1 - sum(abs(forecast - actual)) / sum(actual) as point
from agg_daily
where source = $source and location_id = $location_id and actual is not null
group by all
having sum(actual) > 0
order by date
