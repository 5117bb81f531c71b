-- Parts whose stock and open orders are expected to be used up before a delivery ordered on the
-- day of the stock count arrives; cumulative by day of that stock-out.
-- Parameters: $location_id the network.
-- Columns: date, point (parts at risk whose stock-out date is that day or before). No rows where
-- no stock is known. The figure is the last point.
with position as (
    select as_of, stockout_date, as_of + ceil(lead_time_days)::integer as delivery
    from fact_inventory
    where location_id = $location_id and current_stock is not null and lead_time_days is not null
),
days as (
    select unnest(generate_series(min(as_of), max(delivery), interval 1 day))::date as date
    from position
)
select
    date,
    (
        select count(*)
        from position
        where stockout_date < delivery and stockout_date <= days.date
    )::double as point
from days
order by date
