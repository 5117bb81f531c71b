-- What a budget buys of a list, and what as much again would buy behind it.
-- Parameters: $budget (null for all there is); `listed` has the rows, as in bought_steps.sql.
-- Columns: steps, parts (parts at a place), cost, down_hours_avoided, share (of all that the list
-- avoids, null where it avoids nothing) and last_rank (null where nothing is bought); the same of
-- the steps behind them that twice the budget would buy too (next_..., 0 without a budget);
-- all_steps, all_cost and all_down_hours_avoided of the whole list. A step that would go beyond the budget
-- ends what it buys, so that cost is at most the budget.
with summed as (
    select
        rank,
        item_id,
        location_id,
        cast(cost as decimal(38, 6)) as cost,
        cast(down_hours_avoided as decimal(38, 9)) as hours,
        sum(cast(cost as decimal(38, 6))) over (
            order by rank rows between unbounded preceding and current row
        ) as so_far
    from listed
),
parted as (
    select
        *,
        $budget is null or ($budget > 0 and cast(so_far as double) <= $budget) as bought,
        $budget > 0 and cast(so_far as double) <= 2 * $budget as by_twice
    from summed
)
select
    count(*) filter (where bought) as steps,
    count(distinct (item_id, location_id)) filter (where bought) as parts,
    cast(coalesce(sum(cost) filter (where bought), 0) as double) as cost,
    cast(coalesce(sum(hours) filter (where bought), 0) as double) as down_hours_avoided,
    down_hours_avoided / nullif(cast(sum(hours) as double), 0) as share,
    max(rank) filter (where bought) as last_rank,
    count(*) filter (where by_twice and not bought) as next_steps,
    count(distinct (item_id, location_id)) filter (where by_twice and not bought) as next_parts,
    cast(coalesce(sum(cost) filter (where by_twice and not bought), 0) as double) as next_cost,
    cast(
        coalesce(sum(hours) filter (where by_twice and not bought), 0) as double
    ) as next_down_hours_avoided,
    next_down_hours_avoided / nullif(cast(sum(hours) as double), 0) as next_share,
    max(rank) filter (where by_twice and not bought) as next_last_rank,
    count(*) as all_steps,
    cast(coalesce(sum(cost), 0) as double) as all_cost,
    cast(coalesce(sum(hours), 0) as double) as all_down_hours_avoided
from parted
