-- The order that the list proposes of a part at a place.
-- Parameters: $item_id, $location_id.
-- Columns: quantity, arrives (if ordered by its last day). One row, or none.
select quantity, arrives
from fact_action
where item_id = $item_id and location_id = $location_id and action = 'order'
