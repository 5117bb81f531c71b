-- What a budget buys of a list, and what as much again would buy behind it.
-- Parameters: $budget; `cut` has the rows, as in cut_steps.sql.
-- Columns: steps, parts (parts at a place), cost, down_hours_avoided, share (of all that the list
-- avoids, null where it avoids nothing) and last_rank (null where nothing is bought); the same of
-- the steps behind them that twice the budget would buy too (next_..., 0 without a budget);
-- all_steps, all_cost and all_down_hours_avoided of the whole list.
with exact as (
    select
        rank,
        item_id,
        location_id,
        cast(cost as decimal(38, 6)) as money,
        cast(down_hours_avoided as decimal(38, 9)) as hours,
        is_bought,
        by_twice and not is_bought as is_next
    from cut
)
select
    count(*) filter (where is_bought) as steps,
    count(distinct (item_id, location_id)) filter (where is_bought) as parts,
    cast(coalesce(sum(money) filter (where is_bought), 0) as double) as cost,
    cast(coalesce(sum(hours) filter (where is_bought), 0) as double) as down_hours_avoided,
    down_hours_avoided / nullif(cast(sum(hours) as double), 0) as share,
    max(rank) filter (where is_bought) as last_rank,
    count(*) filter (where is_next) as next_steps,
    count(distinct (item_id, location_id)) filter (where is_next) as next_parts,
    cast(coalesce(sum(money) filter (where is_next), 0) as double) as next_cost,
    cast(coalesce(sum(hours) filter (where is_next), 0) as double) as next_down_hours_avoided,
    next_down_hours_avoided / nullif(cast(sum(hours) as double), 0) as next_share,
    max(rank) filter (where is_next) as next_last_rank,
    count(*) as all_steps,
    cast(coalesce(sum(money), 0) as double) as all_cost,
    cast(coalesce(sum(hours), 0) as double) as all_down_hours_avoided
from exact
