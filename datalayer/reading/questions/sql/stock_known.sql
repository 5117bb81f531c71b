-- Of how many parts and places the stock is known.
-- Parameters: none.
-- Columns: positions (parts and places), known (those whose stock is known). Always one row.
select
    count(*) as positions,
    count(current_stock) as known
from fact_inventory
