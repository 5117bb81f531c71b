-- Which of the parts that are named there are, with their names.
-- Parameters: $item_ids.
-- Columns: item_id, name.
select item_id, name
from dim_item
where list_contains(cast($item_ids as varchar[]), item_id)
