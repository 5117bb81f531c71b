-- What moves bring of a part to a place.
-- Parameters: $item_id, $location_id.
-- Columns: quantity, units; 0 where nothing is brought.
select coalesce(sum(quantity), 0) as quantity
from fact_transfer
where item_id = $item_id and to_location_id = $location_id
