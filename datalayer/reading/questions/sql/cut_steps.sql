-- The steps of a buy list that are listed, each with the sums up to it, and what pays for it.
-- Parameters: $budget (null for all there is); `listed` has the rows, as in bought_steps.sql.
-- Columns: those of `listed`; cumulative_cost and cumulative_down_hours_avoided, sums over the rows
-- listed up to here, exact to a millionth of the currency and a thousand-millionth of an hour;
-- is_bought (whether the budget pays for it) and by_twice (whether twice the budget does).
-- The first step that goes beyond the budget ends what it buys: nothing behind it is taken instead. A
-- budget of 0 buys nothing, not even what costs nothing.
with summed as (
    select
        *,
        cast(sum(cast(cost as decimal(38, 6))) over so_far as double) as cumulative_cost,
        cast(
            sum(cast(down_hours_avoided as decimal(38, 9))) over so_far as double
        ) as cumulative_down_hours_avoided
    from listed
    window so_far as (order by rank rows between unbounded preceding and current row)
)
select
    *,
    $budget is null or ($budget > 0 and cumulative_cost <= $budget) as is_bought,
    coalesce($budget > 0 and cumulative_cost <= 2 * $budget, false) as by_twice
from summed
