-- What the stock of a part is worth at the places where it lies.
-- Parameters: $item_id; $location_id, null for every place.
-- Columns: those of fact_availability but for where the rows are from; source is kept.
select * exclude (dataset_id, model_version, generated_at)
from fact_availability
where item_id = $item_id and ($location_id is null or location_id = $location_id)
order by location_id
