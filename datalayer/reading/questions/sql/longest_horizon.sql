-- The longest horizon that any part was tested over; questions of accuracy read it by the name of
-- this file.
-- Parameters: $location_id.
-- Columns: horizon, in periods; null where nothing was tested. One row.
select max(horizon) as horizon
from fact_metrics
where location_id = $location_id
