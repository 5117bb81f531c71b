-- Every row of the list of actions, as far as marks of planners go by it.
-- Columns: item_id, location_id, action, ref, tier, stockout_probability.
select item_id, location_id, action, ref, tier, stockout_probability
from fact_action
order by item_id, location_id, action, ref
