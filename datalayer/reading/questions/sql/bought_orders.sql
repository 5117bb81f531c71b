-- What the steps of a buy list come to for each part at a place: one order of each.
-- Parameters: none of its own; `bought` has the rows, as in buy_list.sql.
-- Columns: item_id, location_id; action and ref of the order that the list of actions may have of
-- it; name and unit of the part, location; from_quantity (what is there before the first step),
-- quantity, cost and down_hours_avoided (sums of its steps); first_rank, by which they are ordered;
-- steps_from and steps_to, the first and the last rank of all that is bought, and all_steps, those
-- of the whole list.
select
    item_id,
    location_id,
    'order' as action,
    '-' as ref,
    any_value(name) as name,
    any_value(unit) as unit,
    any_value(location) as location,
    arg_min(from_quantity, rank) as from_quantity,
    cast(sum(cast(quantity as decimal(38, 6))) as double) as quantity,
    cast(sum(cast(cost as decimal(38, 6))) as double) as cost,
    cast(sum(cast(down_hours_avoided as decimal(38, 9))) as double) as down_hours_avoided,
    min(rank) as first_rank,
    min(min(rank)) over () as steps_from,
    max(max(rank)) over () as steps_to,
    (select count(*) from fact_buy_list) as all_steps
from bought
group by item_id, location_id
