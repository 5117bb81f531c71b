-- What the accuracy can be asked for, and how many parts were tested with each.
-- Parameters: $location_id, the place whose sources are counted.
-- Columns: filter (source, category, demand_class or location), value, name (of places; null else),
-- items. By filter, the most parts first.
with tested as (
    select distinct item_id, location_id, source
    from fact_metrics
),
described as (
    select
        item_id,
        location_id,
        coalesce(category, 'unclassified') as category,
        coalesce(demand_class, 'unclassified') as demand_class
    from (select distinct item_id, location_id from tested)
    join dim_item using (item_id)
),
counted as (
    select 'source' as filter, source as value, cast(null as varchar) as name, count(*) as items
    from tested
    where location_id = $location_id
    group by source
    union all
    select 'category', category, null, count(*)
    from described
    where location_id = $location_id
    group by category
    union all
    select 'demand_class', demand_class, null, count(*)
    from described
    where location_id = $location_id
    group by demand_class
    union all
    select 'location', location_id, any_value(dim_location.name), count(*)
    from described
    join dim_location using (location_id)
    group by location_id
)
select filter, value, name, items
from counted
order by filter, items desc, value
