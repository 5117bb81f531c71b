-- Forecast of the whole network for the periods after the last observed day: 30 days, or the
-- whole weeks or the month that lie in them.
-- Fewer rows than periods asked means that the forecast ends earlier.
-- Parameters: $source the headline source, $location_id the network, $data_through last
-- observed day, $periods how many.
-- Columns: date, point (forecast of that period, all categories).
select date, sum(forecast) as point
from agg_daily
where source = $source and location_id = $location_id and date > cast($data_through as date)
group by date
order by date
limit $periods
