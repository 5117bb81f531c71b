-- The parts and what they are counted in; questions of accuracy read them by the name of this file.
-- Columns: item_id, name, unit_cost, unit ('un' for pieces, however they are spelt or left out),
-- category, abc_class and demand_class ('unclassified' for parts without).
select
    item_id,
    name,
    unit_cost,
    case
        when lower(coalesce(unit, '')) in ('', 'un', 'unit', 'units') then 'un'
        else lower(unit)
    end as unit,
    coalesce(category, 'unclassified') as category,
    coalesce(abc_class, 'unclassified') as abc_class,
    coalesce(demand_class, 'unclassified') as demand_class
from dim_item
