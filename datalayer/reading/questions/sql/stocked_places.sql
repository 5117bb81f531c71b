-- The places that stock positions are at, from the top of the network down.
-- Parameters: $item_id (null for all parts).
-- Columns: location_id, name, level, parts (with a position there), known (whose stock is known).
select
    location_id,
    dim_location.name,
    dim_location.level,
    count(*) as parts,
    count(current_stock) as known
from fact_inventory
inner join dim_location using (location_id)
where $item_id is null or item_id = $item_id
group by location_id, dim_location.name, dim_location.level
order by
    list_position(['network', 'country', 'region'], dim_location.level) nulls last,
    dim_location.name,
    location_id
