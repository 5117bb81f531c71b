-- The source in use of each part: its champion over the longest horizon that it was tested over.
-- Questions of accuracy read them by the name of this file.
-- Parameters: $location_id.
-- Columns: item_id, source.
select item_id, source
from fact_metrics
where location_id = $location_id and is_champion
qualify horizon = max(horizon) over (partition by item_id)
