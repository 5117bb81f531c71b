-- The actions of one part at every place: places that none lies below first, then the leading ones.
-- Parameters: $item_id; $new and $changed, JSON lists of ranks.
-- Columns: item_id, location_id, rank, others (further actions of the part and place), is_new and
-- is_changed: what action_cards.sql goes on from.
select
    item_id,
    location_id,
    rank,
    count(*) over (partition by location_id) - 1 as others,
    rank in (select unnest(from_json($new, '["BIGINT"]'))) as is_new,
    rank in (select unnest(from_json($changed, '["BIGINT"]'))) as is_changed
from fact_action
where item_id = $item_id
order by
    location_id in (
        select parent_location_id from dim_location where parent_location_id is not null
    ),
    is_leading desc,
    rank
