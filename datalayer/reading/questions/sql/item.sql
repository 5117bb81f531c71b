-- The one row of a part, or none.
-- Parameters: $item_id.
-- Columns: those of dim_item.
select * from dim_item where item_id = $item_id
