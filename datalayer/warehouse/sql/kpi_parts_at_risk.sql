-- Parts expected to run out within $days days of the stock count, cumulative by day.
-- A part without a stock-out date is not expected to run out in the forecast's span.
-- Parameters: $location_id the network, $days.
-- Columns: date, point (parts whose stock-out date is that day or before). No rows where no
-- stock is known. The figure is the last point.
with position as (
    select as_of, stockout_date
    from fact_inventory
    where location_id = $location_id and current_stock is not null
),
days as (
    select unnest(
        generate_series(max(as_of), max(as_of) + to_days($days::integer), interval 1 day)
    )::date as date
    from position
)
select date, (select count(*) from position where stockout_date <= days.date)::double as point
from days
order by date
