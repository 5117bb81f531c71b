-- The places at which there is anything of a part, from the top of the network down.
-- Parameters: $item_id.
-- Columns: location_id, name, level, parent_location_id, state, below (how many places lie directly
-- below).
with here as (
    select distinct location_id from fact_demand where item_id = $item_id
    union
    select distinct location_id from fact_forecast where item_id = $item_id
    union
    select location_id from fact_inventory where item_id = $item_id
),
children as (
    select parent_location_id as location_id, count(*) as below
    from dim_location
    where parent_location_id is not null
    group by all
)
select
    location_id,
    name,
    level,
    parent_location_id,
    state,
    coalesce(below, 0) as below
from dim_location
left join children using (location_id)
where location_id in (from here)
order by parent_location_id is not null, below is null, name, location_id
