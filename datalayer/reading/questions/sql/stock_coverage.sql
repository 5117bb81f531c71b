-- Of how many parts of the catalogue there is a stock position at a place, and what is known.
-- Parameters: $location_id.
-- Columns: parts (of the catalogue), here (those with a position at the place), known (those whose
-- stock there is known), as_of (the latest day for which the stock stands; null without one).
-- Always one row.
select
    (select count(*) from dim_item) as parts,
    count(*) as here,
    count(current_stock) as known,
    max(as_of) as as_of
from fact_inventory
where location_id = $location_id
