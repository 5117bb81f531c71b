-- What a unit of each part costs.
-- Columns: item_id, unit, unit_cost (exact decimal of the currency; null where it isn't known).
select item_id, unit, cast(unit_cost as decimal(30, 6)) as unit_cost
from dim_item
order by item_id
