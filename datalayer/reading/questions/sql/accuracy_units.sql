-- The units that parts are counted in, and how many parts have a known cost.
-- Parameters: $location_id; $category and $demand_class (null for all).
-- Columns: unit ('un' where none is published), items, with_cost. The most parts first.
with wanted as (
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
)
select unit, count(*) as items, count(unit_cost) as with_cost
from wanted
where
    $location_id = 'network'
    or item_id in (select item_id from fact_inventory where location_id = $location_id)
group by unit
order by items desc, unit
