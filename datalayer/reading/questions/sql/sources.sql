-- Sources that forecast a part at a location: the champion first, then in the registry's order.
-- There is a champion for each horizon; the one meant is that of the longest. A part whose
-- history is too short for a backtest has none: the source that its stock is planned by is first.
-- Parameters: $item_id, $location_id, $registry_sources all sources in the registry's order.
-- Columns: source.
with forecast_sources as (
    select distinct source
    from fact_forecast
    where item_id = $item_id and location_id = $location_id
),
champions as (
    select source
    from fact_metrics
    where item_id = $item_id and location_id = $location_id and is_champion
    qualify horizon = max(horizon) over ()
),
planned_by as (
    select source
    from fact_inventory
    where item_id = $item_id and location_id = $location_id
)
select source
from forecast_sources
order by
    source in (from champions) desc,
    source in (from planned_by) desc,
    list_position(cast($registry_sources as varchar[]), source),
    source
