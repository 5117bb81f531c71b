-- The units that parts are counted in, and how many parts have a known cost.
-- Parameters: $location_id; $category and $demand_class (null for all).
-- Columns: unit ('un' for pieces), items, with_cost. The most parts first.
select unit, count(*) as items, count(unit_cost) as with_cost
from judged_parts
where
    $location_id = 'network'
    or item_id in (select item_id from fact_inventory where location_id = $location_id)
group by unit
order by items desc, unit
