-- Accuracy of every source on one part at one location, the champion first.
-- Parameters: $item_id, $location_id.
-- Columns: those of fact_metrics.
select *
from fact_metrics
where item_id = $item_id and location_id = $location_id
order by is_champion desc, source, horizon
