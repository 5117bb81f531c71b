-- Demand and forecast of the whole network by date: the headline source, all categories.
-- Parameters: $source the headline source, $location_id the network.
-- Columns: date, source, forecast, actual (null in the future).
select date, source, sum(forecast) as forecast, sum(actual) as actual
from agg_daily
where source = $source and location_id = $location_id
group by date, source
order by date
