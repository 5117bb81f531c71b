-- How the stock of a part at a place is expected to go on: what the chart of its stock draws.
-- The first row is what lies there at the end of the last day observed, proposed moves made; one
-- per day or period follows. Stock below 0 is what will lack.
-- Parameters: $item_id, $location_id, $data_through last observed day; `ordered` has the order that
-- the list proposes, as in order_listed.sql.
-- Columns: date, position (expected stock), position_with_order (with what is proposed to order:
-- placed now if it is due, else from the day on which it arrives if placed on its last day),
-- receipts (counted on by then), stock_q025 to stock_q975 (stock stays at or below it in so many
-- cases, without the order), stockout_probability (null in the first row), source. All but date,
-- receipts and source are null where the stock is not known.
with known as (
    select current_stock + coalesce(moved, 0) as current_stock, source
    from fact_inventory
    where item_id = $item_id and location_id = $location_id
),
ahead as (
    select
        *,
        position + demand as supply,
        -- A quantity that is due now is in the projection already.
        coalesce((
            select sum(quantity) from ordered where arrives <= date
        ), 0) as listed
    from fact_projection
    where
        item_id = $item_id
        and location_id = $location_id
        and date > cast($data_through as date)
)
from (
    select
        cast($data_through as date) as date,
        current_stock as position,
        current_stock as position_with_order,
        0.0 as receipts,
        current_stock as stock_q025,
        current_stock as stock_q100,
        current_stock as stock_q500,
        current_stock as stock_q900,
        current_stock as stock_q975,
        cast(null as double) as stockout_probability,
        source
    from known
    where exists (from ahead)
    union all
    -- Stock and receipts are the same whatever the demand: most demand leaves least stock. The
    -- difference of two sums is rounded to far less than a unit is counted in.
    select
        date,
        position,
        greatest(position_with_action, position + listed),
        receipts,
        round(supply - q975, 6),
        round(supply - q900, 6),
        round(supply - q500, 6),
        round(supply - q100, 6),
        round(supply - q025, 6),
        stockout_probability,
        source
    from ahead
)
order by date
