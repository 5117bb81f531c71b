-- Rows of the list by their ranks, as action_cards.sql takes them.
-- Parameters: $ranks, a JSON list of ranks.
-- Columns: item_id, location_id, rank; others, is_new and is_changed, of which nothing is said.
select
    item_id, location_id, rank,
    0 as others, false as is_new, false as is_changed
from fact_action
where rank in (select unnest(from_json($ranks, '["BIGINT"]')))
order by rank
