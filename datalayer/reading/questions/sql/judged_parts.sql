-- The parts that accuracy is asked of; questions of accuracy read them by the name of this file.
-- Parameters: $category and $demand_class (null for all; unclassified for those without).
-- Columns: item_id, name, unit_cost, unit (as in counted_parts), demand_class.
select item_id, name, unit_cost, unit, demand_class
from counted_parts
where
    ($category is null or category = $category)
    and ($demand_class is null or demand_class = $demand_class)
