-- Where a part stands in the list at its place, and what stands before and behind it.
-- Parameters: $item_id, $location_id; `listed` has the rows, as in listed_actions.sql.
-- Columns: position (from 1), total, previous_item_id, previous_location_id, next_item_id,
-- next_location_id (null at the ends). One row, or none where it isn't on the list.
with numbered as (
    select
        item_id,
        location_id,
        row_number() over in_order as position,
        count(*) over () as total,
        lag(item_id) over in_order as previous_item_id,
        lag(location_id) over in_order as previous_location_id,
        lead(item_id) over in_order as next_item_id,
        lead(location_id) over in_order as next_location_id
    from listed
    window in_order as (order by rank)
)
select * exclude (item_id, location_id)
from numbered
where item_id = $item_id and location_id = $location_id
order by position
limit 1
