-- Parts at a place that a budget buys, then those that as much again buys behind them.
-- Parameters: $budget; `cut` has the rows, as in cut_steps.sql.
-- Columns: is_bought (whether the budget itself buys them); item_id and location_id; rank of the
-- first step; from_quantity before it; quantity, cost and down_hours_avoided of the steps together;
-- contract_id of the first step; name and unit of the part, and location, the place's name, as in
-- bought_steps.sql; repair_days and condemnation of fact_repair, null of what isn't repaired; source.
select
    is_bought,
    min(rank) as rank,
    item_id,
    location_id,
    arg_min(from_quantity, rank) as from_quantity,
    cast(sum(cast(quantity as decimal(38, 6))) as double) as quantity,
    cast(sum(cast(cost as decimal(38, 6))) as double) as cost,
    cast(sum(cast(down_hours_avoided as decimal(38, 9))) as double) as down_hours_avoided,
    arg_min(contract_id, rank) as contract_id,
    any_value(name) as name,
    any_value(unit) as unit,
    any_value(location) as location,
    any_value(repair.repair_days) as repair_days,
    any_value(repair.condemnation) as condemnation,
    min(cut.source) as source
from cut
left join fact_repair as repair using (item_id, location_id)
where is_bought or by_twice
group by is_bought, item_id, location_id
