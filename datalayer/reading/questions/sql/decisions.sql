-- What each row of the list decides, to tell by it what is different in the next list.
-- Columns: item_id, location_id, action, ref, rank, tier, quantity.
select item_id, location_id, action, ref, rank, tier, quantity
from fact_action
order by item_id, location_id, action, ref
