-- All actions of the list, the most urgent first: what pages of it and ticks in it go by.
-- Parameters: none of its own; `listed` has the rows, as in listed_actions.sql.
-- Columns: rank, item_id, location_id, others, is_new, is_changed, as in listed_actions.sql.
select rank, item_id, location_id, others, is_new, is_changed
from listed
order by rank
