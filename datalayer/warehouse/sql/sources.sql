-- Sources that forecast a part at a location: the champion first, then in the registry's order.
-- Parameters: $item_id, $location_id, $registry_sources all sources in the registry's order.
-- Columns: source.
with forecast_sources as (
    select distinct source
    from fact_forecast
    where item_id = $item_id and location_id = $location_id
),
champions as (
    select distinct source
    from fact_metrics
    where item_id = $item_id and location_id = $location_id and is_champion
)
select source
from forecast_sources
order by
    source in (from champions) desc,
    list_position(cast($registry_sources as varchar[]), source),
    source
