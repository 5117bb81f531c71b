-- How parts that are named are repaired at a place.
-- Parameters: $location_id, $item_ids.
-- Columns: item_id, repair_days, condemnation, in_repair and coming_back of fact_repair; no row of a
-- part that isn't repaired there.
select item_id, repair_days, condemnation, in_repair, coming_back
from fact_repair
where location_id = $location_id and list_contains(cast($item_ids as varchar[]), item_id)
order by item_id
