-- The parts that accuracy is asked of; questions of accuracy read them by the name of this file.
-- Parameters: $category and $demand_class (null for all; unclassified for those without).
-- Columns: item_id, name, unit_cost, unit ('un' for pieces, however they are spelt or left out), demand_class.
select
    item_id,
    name,
    unit_cost,
    case
        when lower(coalesce(unit, '')) in ('', 'un', 'unit', 'units') then 'un'
        else lower(unit)
    end as unit,
    coalesce(demand_class, 'unclassified') as demand_class
from dim_item
where
    ($category is null or coalesce(category, 'unclassified') = $category)
    and ($demand_class is null or coalesce(demand_class, 'unclassified') = $demand_class)
