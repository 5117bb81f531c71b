-- A step of the buy list with the one before it and the one after it.
-- Parameters: $rank.
-- Columns: those of bought_steps.sql; cumulative_cost and cumulative_down_hours_avoided of the whole
-- list, as published; all_steps and all_down_hours_avoided, what the whole list comes to.
select
    step.*,
    published.cumulative_cost,
    published.cumulative_down_hours_avoided,
    whole.all_steps,
    whole.all_down_hours_avoided
from bought as step
join fact_buy_list as published using (rank)
cross join (
    select count(*) as all_steps, max(cumulative_down_hours_avoided) as all_down_hours_avoided
    from fact_buy_list
) as whole
where step.rank between $rank - 1 and $rank + 1
order by step.rank
