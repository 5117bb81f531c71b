-- The parts that accuracy is asked of; questions of accuracy read them by the name of this file.
-- Parameters: $category and $demand_class (null for all; unclassified for those without).
-- Columns: item_id, name, unit_cost, unit ('un' where none is published), demand_class.
select
    item_id,
    name,
    unit_cost,
    case when coalesce(unit, '') in ('', 'UN') then 'un' else unit end as unit,
    coalesce(demand_class, 'unclassified') as demand_class
from dim_item
where
    ($category is null or coalesce(category, 'unclassified') = $category)
    and ($demand_class is null or coalesce(demand_class, 'unclassified') = $demand_class)
