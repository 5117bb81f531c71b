-- The orders of some tiers, each at its place; without places, at those that none lies below.
-- Parameters: $tiers and $locations, JSON lists of texts.
-- Columns: item_id, location_id, action, ref, quantity, rank.
select item_id, location_id, action, ref, quantity, rank
from fact_action
where action = 'order'
    and tier in (select unnest(from_json($tiers, '["VARCHAR"]')))
    and case
        when json_array_length($locations) > 0
            then location_id in (select unnest(from_json($locations, '["VARCHAR"]')))
        else location_id not in (
            select parent_location_id from dim_location where parent_location_id is not null
        )
    end
