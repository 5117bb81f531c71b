-- The places at which there is anything of a part, from the top of the network down.
-- Parameters: $item_id.
-- Columns: location_id, name, level, parent_location_id, state, below (how many places lie directly
-- below), supplied_from (name of the central store), supply_days.
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
    place.location_id,
    place.name,
    place.level,
    place.parent_location_id,
    place.state,
    coalesce(below, 0) as below,
    store.name as supplied_from,
    place.supply_days
from dim_location as place
left join children on children.location_id = place.location_id
left join dim_location as store on store.location_id = place.supplied_from
where place.location_id in (from here)
order by place.parent_location_id is not null, below is null, place.name, place.location_id
