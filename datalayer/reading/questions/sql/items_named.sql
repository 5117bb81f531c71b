-- Which of the parts that are named there are.
-- Parameters: $item_ids.
-- Columns: item_id.
select item_id
from dim_item
where list_contains(cast($item_ids as varchar[]), item_id)
