-- Parts at a place that a budget buys, then those that as much again buys behind them.
-- Parameters: $budget (null for all there is); `listed` has the rows, as in bought_steps.sql.
-- Columns: is_bought (whether the budget itself buys them); item_id and location_id; rank of the
-- first step; from_quantity before it; quantity, cost and down_hours_avoided of the steps together;
-- contract_id of the first step; name and unit of the part, and location, the place's name, as in
-- bought_steps.sql; source.
-- The budget is cut as in budget_effect.sql: the first step that goes beyond it ends what it buys.
with summed as (
    select
        *,
        sum(cast(cost as decimal(38, 6))) over (
            order by rank rows between unbounded preceding and current row
        ) as so_far
    from listed
),
parted as (
    select
        *,
        $budget is null or ($budget > 0 and cast(so_far as double) <= $budget) as is_bought,
        $budget > 0 and cast(so_far as double) <= 2 * $budget as by_twice
    from summed
)
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
    min(source) as source
from parted
where is_bought or by_twice
group by is_bought, item_id, location_id
