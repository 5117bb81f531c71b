-- Demand at a place between two days, for telling what was taken from stock.
-- Parameters: $location; $item (null for all); $after, exclusive, and $through, inclusive.
-- Columns: item_id, date (first day of a period), quantity.
select item_id, date, quantity
from fact_demand
where
    location_id = $location
    and ($item is null or item_id = $item)
    and date > cast($after as date)
    and date <= cast($through as date)
