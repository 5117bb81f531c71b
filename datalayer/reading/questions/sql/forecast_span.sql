-- The last date that the whole network's forecasts reach.
-- Parameters: none.
-- Columns: last_date (null without any).
select max(date) as last_date
from agg_daily
where location_id = 'network'
