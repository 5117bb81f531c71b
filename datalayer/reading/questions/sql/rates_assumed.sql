-- Parts at a place that are in the figures of availability though nobody says what holding them costs.
-- Parameters: none.
-- Columns: parts.
select count(*) as parts
from fact_availability
left join dim_item using (item_id)
where left_out is null and holding_rate_per_year is null
