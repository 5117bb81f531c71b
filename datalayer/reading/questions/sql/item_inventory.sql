-- The stock position of one part at one location: one row, or none.
-- Parameters: $item_id, $location_id.
-- Columns: those of fact_inventory.
select *
from fact_inventory
where item_id = $item_id and location_id = $location_id
