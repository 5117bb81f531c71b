-- The exceptions at one location by rank, with the name of the part.
-- Parameters: $location_id the location.
-- Columns: those of fact_exception, then name of the part (null where it has none).
select fact_exception.*, dim_item.name
from fact_exception
left join dim_item using (item_id)
where location_id = $location_id
order by rank
