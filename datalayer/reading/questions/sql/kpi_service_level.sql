-- Chance that a part does not run out before its next delivery, mean over the parts whose
-- chance is known.
-- Parameters: $location_id the network.
-- Columns: date (null, as of every whole), point (fraction; null where no chance is known).
select cast(null as date) as date, avg(1 - stockout_probability) as point
from fact_inventory
where location_id = $location_id
